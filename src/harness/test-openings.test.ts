import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { countOpening, readOpenings } from './test-openings.ts'

test('every opening of a test is counted, for each dataset apart', async () => {
  const cache = await temporaryFolder()
  const opening = { at: '2026-01-01T00:00:00Z', command: 'try', seeds: [0, 1], folder: '/runs/a' }
  expect(await readOpenings(cache, 'k1')).toBe(0)
  expect(await countOpening(cache, 'k1', opening)).toBe(1)
  expect(await countOpening(cache, 'k1', opening)).toBe(2)
  expect(await countOpening(cache, 'k2', opening)).toBe(1)
})
