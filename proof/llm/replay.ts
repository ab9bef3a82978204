import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readJournal } from '../../src/journal/index.ts'
import type { Proof } from '../proof.ts'
import { endProblems, inWorld, plainEnd, SHORT_RUN } from './faults.ts'
import type { MindOptions, Step } from './mind.ts'
import { playKills } from './kill-sessions.ts'
import { differences, endOf, timeless } from './run-end.ts'
import type { RunEnd } from './run-end.ts'
import { virtualClock } from './virtual-clock.ts'
import { newWorld, playSession } from './whole-run.ts'

const TRIALS = 20

/** Changes that help, that do not, and that have to be mended, one component after another. */
const LONG_RUN: MindOptions = {
  isBrokenFirst: true,
  steps: Array.from({ length: TRIALS }, (_, number): Step => {
    const component = (['model', 'data', 'training'] as const)[number % 3] ?? 'model'
    return { component, worth: number % 5 === 4 ? 'fails' : number % 2 === 0 ? 0.01 + number / 1000 : -0.02 - number / 1000 }
  }),
}

class Crash extends Error {}

/** A recorded run that is played again; and runs that crash or are killed around a call and go on. */
export async function proveReplay(onNote: (line: string) => void): Promise<Proof> {
  const replay = await replayLongRun()
  onNote(`a run of ${TRIALS} trials and ${replay.calls} calls was played again`)
  const plain = await plainEnd(SHORT_RUN)
  const events = await countEvents()
  const failures = [...replay.problems]
  for (let event = 0; event < events; event++) {
    const problems = await crashAtEvent(event, plain)
    failures.push(...problems.map((problem) => `crash at event ${event + 1}: ${problem}`))
  }
  onNote(`crashed at each of ${events} events`)
  for (const [place, call] of plain.calls.entries()) {
    const problems = await crashInCall(place, plain)
    failures.push(...problems.map((problem) => `crash in call ${place + 1} (${call}): ${problem}`))
  }
  const killed = await playKills(plain, onNote)
  failures.push(...killed.problems)
  return {
    name: 'llm-replay',
    tried: 1 + events + plain.calls.length + killed.kills,
    failed: failures.length,
    claim: 'a recorded run replays to the same journal; a run that dies repeats at most one call and comes to the same end',
    found: [
      `${TRIALS} trials, ${replay.calls} calls, ${replay.events} journal events the same, times and costs aside, with no endpoint there`,
      `${events} crashes at events, ${plain.calls.length} in calls, ${killed.kills} SIGKILLs of a real process; ${killed.repeated} calls repeated by the killed`,
    ],
    failures,
  }
}

type Replayed = { readonly problems: string[]; readonly calls: number; readonly events: number }

async function replayLongRun(): Promise<Replayed> {
  return inWorld(
    LONG_RUN,
    () => null,
    async ({ world, server }) => {
      const first = await playSession(world, { url: server.url, trials: TRIALS })
      await server.close()
      const again = await newWorld(virtualClock())
      try {
        const second = await playSession(again, { url: server.url, trials: TRIALS, llm: { replay: world.folder } })
        const [recorded, replayed] = await Promise.all(
          [world, again].map(async ({ folder }) => (await readJournal(folder)).events.map(timeless)),
        )
        const differing = (recorded ?? []).findIndex((event, index) => !isDeepStrictEqual(event, replayed?.[index]))
        const end = await endOf(world.folder)
        const problems = [
          ...endProblems(first, null),
          ...endProblems(second, null),
          ...(end.trials.length === TRIALS + 1 ? [] : [`the recorded run has ${end.trials.length - 1} trials`]),
          ...(recorded?.length === replayed?.length ? [] : [`${replayed?.length} events and not ${recorded?.length}`]),
          ...(differing < 0
            ? []
            : [`event ${differing + 1} differs: ${JSON.stringify([recorded?.[differing], replayed?.[differing]])}`]),
          ...again.notes.map((line) => `a note: ${line}`),
        ]
        return { problems: problems.map((problem) => `replay: ${problem}`), calls: end.calls.length, events: recorded?.length ?? 0 }
      } finally {
        await rm(dirname(again.folder), { recursive: true, force: true })
      }
    },
  )
}

/** Events that sessions of the short run write through the loop and its team. */
async function countEvents(): Promise<number> {
  let events = 0
  await inWorld(
    SHORT_RUN,
    () => null,
    ({ world, server }) => playSession(world, { url: server.url, trials: SHORT_RUN.steps.length, interfere: () => void events++ }),
  )
  return events
}

/** The process dies before an event is written: an answer that was stored is not asked for again. */
async function crashAtEvent(event: number, plain: RunEnd): Promise<string[]> {
  return inWorld(
    SHORT_RUN,
    () => null,
    async ({ world, server }) => {
      let left = event
      const interfere = () => {
        if (left-- === 0) throw new Crash()
      }
      const asked = { url: server.url, trials: SHORT_RUN.steps.length }
      const first = await playSession(world, { ...asked, interfere })
      const second = await playSession(world, asked)
      const end = await endOf(world.folder)
      return [
        ...(first.end === 'broken' && first.error instanceof Crash ? [] : [`it did not crash, it is ${first.end}`]),
        ...endProblems(second, null),
        ...differences(end, plain),
        ...(isDeepStrictEqual(end.calls, plain.calls) ? [] : [`the calls are ${end.calls.join(', ')}`]),
        ...(server.requests.length === plain.calls.length
          ? []
          : [`${server.requests.length} requests for ${plain.calls.length} calls`]),
      ]
    },
  )
}

/** The process dies while a request is under way: this one alone is made again. */
async function crashInCall(place: number, plain: RunEnd): Promise<string[]> {
  const crash = new AbortController()
  const interrupt = (_: unknown, answered: number) => {
    if (answered !== place || crash.signal.aborted) return null
    crash.abort(new Crash())
    return { play: 'stall' } as const
  }
  return inWorld(SHORT_RUN, interrupt, async ({ world, server }) => {
    const asked = { url: server.url, trials: SHORT_RUN.steps.length }
    const first = await playSession(world, { ...asked, signal: crash.signal })
    const second = await playSession(world, asked)
    const end = await endOf(world.folder)
    return [
      ...(first.end === 'broken' && first.error instanceof Crash ? [] : [`it did not crash, it is ${first.end}`]),
      ...endProblems(second, null),
      ...differences(end, plain),
      ...(server.requests.length <= plain.calls.length + 1
        ? []
        : [`${server.requests.length} requests for ${plain.calls.length} calls`]),
    ]
  })
}
