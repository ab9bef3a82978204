import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { readOutcome, writeJson } from './evaluation-record.ts'

test('an outcome that an earlier version wrote has no evidence, and its trainings no share of data', async () => {
  const folder = await temporaryFolder()
  expect(await readOutcome(folder)).toBeNull()
  await writeJson(`${folder}/outcome.json`, { status: 'failed', message: 'm' })
  expect(await readOutcome(folder)).toMatchObject({ message: 'm', evidence: [] })
  await writeJson(`${folder}/outcome.json`, { status: 'failed', message: 'm', evidence: ['e'] })
  expect(await readOutcome(folder)).toMatchObject({ evidence: ['e'] })
  await writeJson(`${folder}/outcome.json`, { status: 'scored', trainings: [{ fold: 0 }, { fold: 1, dataShare: 0.25 }] })
  expect(await readOutcome(folder)).toMatchObject({ trainings: [{ dataShare: null }, { fold: 1, dataShare: 0.25 }] })
})
