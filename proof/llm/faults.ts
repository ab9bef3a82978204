import { isDeepStrictEqual } from 'node:util'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Proof } from '../proof.ts'
import { startMind } from './endpoint.ts'
import type { Interrupt, MindServer } from './endpoint.ts'
import { ADDRESSES, FAULTS } from './fault-list.ts'
import type { Fault } from './fault-list.ts'
import { answerOf } from './mind.ts'
import type { MindOptions } from './mind.ts'
import { differences, endOf } from './run-end.ts'
import type { RunEnd } from './run-end.ts'
import { virtualClock } from './virtual-clock.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { newWorld, playSession } from './whole-run.ts'
import type { SessionEnd, World } from './whole-run.ts'

/** A short run that has every kind of call: the first pipeline and the first change have to be mended. */
export const SHORT_RUN: MindOptions = {
  isBrokenFirst: true,
  steps: [
    { component: 'data', worth: 'fails' },
    { component: 'model', worth: 0.05 },
  ],
}

/** Plays each fault at each call of a whole run, and compares what the run comes to with the run without faults. */
export async function proveFaults(onNote: (line: string) => void): Promise<Proof> {
  const plain = await plainEnd(SHORT_RUN)
  const failures: string[] = []
  const places = plain.calls.map((_, place) => place)
  const tell = (name: string, place: number, problems: readonly string[]) =>
    failures.push(...problems.map((problem) => `${name} at call ${place + 1} (${plain.calls[place]}): ${problem}`))
  for (const fault of FAULTS) {
    for (const place of places) tell(fault.name, place, await playFault(fault, place, plain))
    onNote(`${fault.name}: played at ${places.length} calls`)
  }
  for (const [name, wrong] of Object.entries(ADDRESSES)) {
    for (const place of places) tell(name, place, await playWrongAddress(wrong, place, plain))
    onNote(`${name}: played at ${places.length} calls`)
  }
  const kinds = FAULTS.length + Object.keys(ADDRESSES).length
  const paused = FAULTS.filter(({ pauses }) => pauses !== null).length + Object.keys(ADDRESSES).length
  return {
    name: 'llm-faults',
    tried: kinds * places.length,
    failed: failures.length,
    claim: 'a run whose provider fails comes to the same end, at once or after a pause; waiting costs none of its time',
    found: [
      `${kinds} faults (${kinds - paused} got over, ${paused} pause the run) at each of ${places.length} calls of a whole run`,
    ],
    failures,
  }
}

/** What a run comes to when nothing goes wrong. */
export async function plainEnd(mind: MindOptions): Promise<RunEnd> {
  return inWorld(
    mind,
    () => null,
    async ({ world, server }) => {
      const { end } = await playSession(world, { url: server.url, trials: mind.steps.length })
      if (end !== 'finished') throw new Error(`the run without faults is ${end}`)
      return endOf(world.folder)
    },
  )
}

export type Stage = { readonly world: World; readonly server: MindServer; readonly clock: VirtualClock }

/** A new run and an endpoint for it, for as long as `play` lasts. */
export async function inWorld<T>(mind: MindOptions, interrupt: Interrupt, play: (stage: Stage) => Promise<T>): Promise<T> {
  const clock = virtualClock()
  const world = await newWorld(clock)
  const server = await startMind(mind, interrupt)
  try {
    return await play({ world, server, clock })
  } finally {
    await server.close()
    await rm(dirname(world.folder), { recursive: true, force: true })
  }
}

async function playFault(fault: Fault, place: number, plain: RunEnd): Promise<string[]> {
  let [played, isOver, stop] = [0, false, () => Promise.resolve()]
  let clock: VirtualClock | null = null
  const interrupt: Interrupt = async (request, answered) => {
    await stop()
    if (isOver || answered !== place || played >= fault.lasts || clock === null) return null
    played++
    if (fault.leaps) stop = clock.leap()
    return fault.play({ answer: answerOf(request, SHORT_RUN), now: clock.date() })
  }
  return inWorld(SHORT_RUN, interrupt, async (stage) => {
    clock = stage.clock
    const asked = { url: stage.server.url, trials: SHORT_RUN.steps.length }
    const first = await playSession(stage.world, asked)
    await stop()
    isOver = true
    const second = first.end === 'paused' ? await playSession(stage.world, asked) : null
    const missing = (fault.waits ?? []).filter((seconds) => !stage.clock.waits.includes(seconds))
    const end = await endOf(stage.world.folder)
    return [
      ...(played > 0 ? [] : ['it was never played']),
      ...endProblems(first, fault.pauses),
      ...(second === null ? [] : endProblems(second, null)),
      ...missing.map((seconds) => `no wait of ${seconds} s`),
      ...differences(end, plain),
      ...callProblems(end, plain, fault.isAskedAgain ? place : null),
    ]
  })
}

/** The user stops the run at a call; when it goes on, its endpoint cannot be reached; then it can. */
async function playWrongAddress(wrong: (url: string) => string, place: number, plain: RunEnd): Promise<string[]> {
  const stop = new AbortController()
  const interrupt: Interrupt = (_, answered) => {
    if (answered !== place || stop.signal.aborted) return null
    stop.abort(new Error('stopped by the user'))
    return { play: 'stall' }
  }
  return inWorld(SHORT_RUN, interrupt, async ({ world, server }) => {
    const asked = { url: server.url, trials: SHORT_RUN.steps.length }
    const stopped = await playSession(world, { ...asked, signal: stop.signal })
    const isStopped = stopped.end === 'broken' && stopped.error === stop.signal.reason
    const paused = await playSession(world, { ...asked, url: wrong(server.url) })
    const last = await playSession(world, asked)
    const end = await endOf(world.folder)
    return [
      ...(isStopped ? [] : [`stopped by the user, it is ${stopped.end}`]),
      ...endProblems(paused, 'unreachable'),
      ...endProblems(last, null),
      ...differences(end, plain),
      ...callProblems(end, plain, null),
    ]
  })
}

/** Where a session did not end as expected. */
export function endProblems(session: SessionEnd, pauses: Fault['pauses']): string[] {
  if (session.end === 'broken') return [`crashed: ${session.error instanceof Error ? session.error.stack : String(session.error)}`]
  const came = session.end === 'paused' ? session.gone.reason : null
  return came === pauses
    ? []
    : [`${came === null ? 'finished' : `paused (${came})`} and not ${pauses === null ? 'finished' : `paused (${pauses})`}`]
}

/** No answer is booked twice or lost, and the run's clock counts trainings alone. `again`: the call that its role repeats. */
function callProblems(end: RunEnd, plain: RunEnd, again: number | null): string[] {
  const expected = again === null ? plain.calls : plain.calls.toSpliced(again, 0, plain.calls[again] ?? '')
  return [
    ...(isDeepStrictEqual(end.calls, expected) ? [] : [`the calls are ${end.calls.join(', ')}`]),
    ...(end.activeSeconds === plain.activeSeconds
      ? []
      : [`the run counts ${end.activeSeconds} s of work and not ${plain.activeSeconds}`]),
  ]
}
