import { formatSeconds } from '../../src/core/format.ts'
import type { Proof } from '../proof.ts'
import { startMind } from './endpoint.ts'
import type { Interrupt } from './endpoint.ts'
import { endProblems, inWorld, plainEnd, SHORT_RUN } from './faults.ts'
import { differences, endOf } from './run-end.ts'
import type { RunEnd } from './run-end.ts'
import { playSession } from './whole-run.ts'

const [LIMIT, SLOW, TOO_SLOW] = [900, 840, 960]

/** What an endpoint needs to its first byte, and whether a limit of the user's lets it. */
const CASES: readonly { readonly seconds: number; readonly limit: number; readonly isWaitedFor: boolean }[] = [
  { seconds: SLOW, limit: LIMIT, isWaitedFor: true },
  { seconds: TOO_SLOW, limit: LIMIT, isWaitedFor: false },
  { seconds: 110, limit: 120, isWaitedFor: true },
  { seconds: 130, limit: 120, isWaitedFor: false },
  { seconds: 3500, limit: 3600, isWaitedFor: true },
]

/** An endpoint that needs long to its first byte, at each call of a whole run. */
export async function proveSlowEndpoint(onNote: (line: string) => void): Promise<Proof> {
  const plain = await plainEnd(SHORT_RUN)
  const failures: string[] = []
  for (const one of CASES) {
    for (const [place, call] of plain.calls.entries()) {
      const name = `${formatSeconds(one.seconds)} to the first byte at call ${place + 1} (${call}), limit ${formatSeconds(one.limit)}`
      const problems = await playSlow(one, place, plain)
      failures.push(...problems.map((problem) => `${name}: ${problem}`))
    }
    onNote(`${formatSeconds(one.seconds)} to the first byte, limit ${formatSeconds(one.limit)}: at ${plain.calls.length} calls`)
  }
  return {
    name: 'llm-slow-endpoint',
    tried: CASES.length * plain.calls.length,
    failed: failures.length,
    claim: 'a slow endpoint is waited for; past --llm-timeout it is asked once more, then the run pauses and can go on',
    found: [
      `first bytes after ${CASES.map(({ seconds, limit }) => `${formatSeconds(seconds)} (limit ${formatSeconds(limit)})`).join(', ')}`,
    ],
    failures,
  }
}

async function playSlow({ seconds, limit, isWaitedFor }: (typeof CASES)[number], place: number, plain: RunEnd): Promise<string[]> {
  let [asked, isOver] = [0, false]
  let pass: (seconds: number) => Promise<void> = () => Promise.resolve()
  // Time passes only here, and not beyond the limit: then the request is given up.
  const interrupt: Interrupt = async (_, answered) => {
    if (isOver || answered !== place) return null
    asked++
    await pass(Math.min(seconds, limit))
    return isWaitedFor ? null : { play: 'stall' }
  }
  return inWorld(SHORT_RUN, interrupt, async ({ world, server, clock }) => {
    pass = clock.pass
    const startedAt = clock.now()
    const run = { url: server.url, trials: SHORT_RUN.steps.length, llm: { timeoutSeconds: limit } }
    const first = await playSession(world, run)
    const waited = (clock.now() - startedAt) / 1000
    isOver = true
    const next = await startMind(SHORT_RUN)
    const second = first.end === 'paused' ? await playSession(world, { ...run, url: next.url }) : null
    await next.close()
    const end = await endOf(world.folder)
    const [requests, least] = isWaitedFor ? [1, seconds] : [2, 2 * limit]
    return [
      ...endProblems(first, isWaitedFor ? null : 'timeout'),
      ...(second === null ? [] : endProblems(second, null)),
      ...(asked === requests ? [] : [`asked ${asked} times and not ${requests}`]),
      ...(waited >= least ? [] : [`only ${waited} s passed`]),
      ...(end.activeSeconds === plain.activeSeconds ? [] : [`the run counts ${end.activeSeconds} s of work`]),
      ...differences(end, plain),
    ]
  })
}
