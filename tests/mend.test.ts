import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Evaluation } from '../src/core/evaluator.ts'
import { NoValidReply } from '../src/core/team.ts'
import type { Team } from '../src/core/team.ts'
import { readJournal } from '../src/journal/index.ts'
import { finalize } from '../src/refine/finalize.ts'
import { refine } from '../src/refine/refine.ts'
import { newRunFolder, openScriptedRun, syntheticEvaluator } from './support/scripted-run.ts'
import type { Script } from './support/scripted-run.ts'

const SIGNAL = new AbortController().signal
const SCRIPT: Script = [
  { component: 'model', adds: 'fails' },
  { component: 'data', adds: 0.05 },
]

let folders: string[] = []
afterEach(async () => {
  for (const folder of folders) await rm(dirname(folder), { recursive: true, force: true })
  folders = []
})

/** A repair that works at the attempt given, and what every attempt was told. */
function repairAt(attempt: number) {
  const told: { earlierRepairs: number; message: string; source: string | undefined }[] = []
  const repair: Team['repair'] = {
    blueprint: async (_brief, { work, earlierRepairs, failure }) => {
      told.push({ earlierRepairs, message: failure.message, source: work.pipeline.model })
      return { ...work, pipeline: { ...work.pipeline, model: `model 0 ${earlierRepairs + 1 >= attempt ? 0 : 'fails'}` } }
    },
    proposal: async (_evidence, { work, earlierRepairs, failure }) => {
      const change = work.changes.model
      if (change === undefined) return null
      told.push({ earlierRepairs, message: failure.message, source: change.source })
      const source = `model 1 ${earlierRepairs + 1 >= attempt ? 0.04 : 'fails'} mended-${earlierRepairs + 1}`
      return { ...work, changes: { model: { ...change, source, title: `mended ${earlierRepairs + 1}` } } }
    },
  }
  return { repair, told }
}

type Options = { readonly repairs?: number; readonly interfere?: (type: string) => void; readonly change?: (team: Team) => Team }

async function session(folder: string, memory: Map<string, Evaluation>, repair: Team['repair'], options: Options = {}) {
  const counted = syntheticEvaluator(memory)
  const spec = { repairs: options.repairs ?? 2 }
  const { run, journal } = await openScriptedRun(folder, SCRIPT, counted, spec, options.interfere)
  const team = { ...run.team, ...(repair === undefined ? {} : { repair }) }
  try {
    const whole = { ...run, team: options.change?.(team) ?? team }
    await finalize(whole, await refine(whole, SIGNAL), async () => {}, SIGNAL)
  } finally {
    await journal.close()
  }
  return { ...counted, state: journal.state() }
}

async function makeFolder(): Promise<string> {
  const folder = await newRunFolder()
  folders.push(folder)
  return folder
}

test('what fails goes back to its author, and the mended file is what is judged', async () => {
  const folder = await makeFolder()
  const { repair, told } = repairAt(2)
  const { state } = await session(folder, new Map(), repair)
  expect(told).toEqual([
    { earlierRepairs: 0, message: 'shapes do not fit', source: 'model 1 fails' },
    { earlierRepairs: 1, message: 'shapes do not fit', source: 'model 1 fails mended-1' },
  ])
  expect(state.trials[1]).toMatchObject({
    failures: [{ kind: 'exception' }, { kind: 'exception' }],
    decision: { verdict: 'kept' },
    changes: [{ title: 'mended 2' }],
  })
  const read = (name: string) => readFile(join(folder, 'trials', '0001', name), 'utf8')
  expect(await read('pipeline/model.py')).toBe('model 1 0.04 mended-2')
  expect(await read('failed-1/pipeline/model.py')).toBe('model 1 fails')
  expect(await read('failed-2/pipeline/model.py')).toBe('model 1 fails mended-1')
  expect(await read('change.diff')).toContain('+model 1 0.04 mended-2')
})

test('after the repairs that a run allows, a trial has failed', async () => {
  const { repair, told } = repairAt(3)
  const { state } = await session(await makeFolder(), new Map(), repair)
  expect(told).toHaveLength(2)
  expect(state.trials[1]?.decision).toMatchObject({ stage: 'failed', reason: expect.stringContaining('shapes do not fit') })
  const { told: none } = await (async () => {
    const other = repairAt(1)
    await session(await makeFolder(), new Map(), other.repair, { repairs: 0 })
    return other
  })()
  expect(none).toEqual([])
})

test('a first pipeline that fails is designed again', async () => {
  const change = (team: Team): Team => ({
    ...team,
    architect: async (brief, signal) => {
      const blueprint = await team.architect(brief, signal)
      return { ...blueprint, pipeline: { ...blueprint.pipeline, model: 'model 0 fails' } }
    },
  })
  const { repair, told } = repairAt(1)
  const { state } = await session(await makeFolder(), new Map(), repair, { change })
  expect(told[0]).toEqual({ earlierRepairs: 0, message: 'shapes do not fit', source: 'model 0 fails' })
  expect(state.trials[0]).toMatchObject({ failures: [{ stage: 'smoke' }] })
  expect(state.finished).not.toBeNull()
})

test('a reply that nothing can be made of is a failed proposal, and the run goes on', async () => {
  const change = (team: Team): Team => ({
    ...team,
    engineers: { ...team.engineers, model: () => Promise.reject(new NoValidReply('no file in three replies')) },
  })
  const { state, begun } = await session(await makeFolder(), new Map(), undefined, { change })
  expect(state.trials[1]).toMatchObject({
    refusal: 'no file in three replies',
    evaluations: [],
    decision: { stage: 'failed', reason: 'rejected: no valid proposal: no file in three replies' },
  })
  expect(begun.some((each) => each.startsWith('1/'))).toBe(false)
  expect(state.trials[2]?.decision?.verdict).toBe('kept')
})

class Crash extends Error {}

test('a run that dies around a repair goes on to the same end', async () => {
  const wholeFolder = await makeFolder()
  const { state: whole } = await session(wholeFolder, new Map(), repairAt(2).repair)
  const eventCount = (await readJournal(wholeFolder)).events.length - 1
  for (let crashAt = 0; crashAt < eventCount; crashAt++) {
    const [folder, memory] = [await makeFolder(), new Map<string, Evaluation>()]
    let left = crashAt
    const interfere = () => {
      if (left-- === 0) throw new Crash()
    }
    await expect(session(folder, memory, repairAt(2).repair, { interfere })).rejects.toThrow(Crash)
    const { state } = await session(folder, memory, repairAt(2).repair)
    expect(state.trials.map(({ pipeline, changes }) => ({ pipeline, changes }))).toEqual(
      whole.trials.map(({ pipeline, changes }) => ({ pipeline, changes })),
    )
    expect(state.trials.map(({ decision }) => decision?.verdict)).toEqual(whole.trials.map(({ decision }) => decision?.verdict))
  }
}, 60_000)
