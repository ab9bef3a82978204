import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { deriveSeed } from '../../src/core/seeds.ts'
import type { ChatRequest } from '../../tests/support/llm-server.ts'
import { inWorld, SHORT_RUN } from './faults.ts'
import { differences, endOf } from './run-end.ts'
import type { RunEnd } from './run-end.ts'

const SESSION = join(import.meta.dirname, 'session.ts')
/** A kill after an answer comes within this time: while it is read, stored, booked, or used. */
const LATEST_KILL_MILLISECONDS = 250

export type Killed = { readonly problems: string[]; readonly kills: number; readonly repeated: number }

/** One run in real processes, each killed: at every question once while the request is under way and once just after the answer. */
export async function playKills(plain: RunEnd, onNote: (line: string) => void): Promise<Killed> {
  let session: ChildProcess | null = null
  const killed = new Set<string>()
  const isDue = (name: string) => !killed.has(name) && killed.add(name) !== undefined
  const interrupt = ({ body }: ChatRequest) => {
    const [mine, question] = [session, JSON.stringify(body)]
    if (isDue(`in ${question}`)) {
      mine?.kill('SIGKILL')
      return { play: 'stall' } as const
    }
    const wait = (deriveSeed(killed.size, 'kill') / 2 ** 31) * LATEST_KILL_MILLISECONDS
    if (isDue(`after ${question}`)) setTimeout(() => mine?.kill('SIGKILL'), wait)
    return null
  }
  return inWorld(SHORT_RUN, interrupt, async ({ world, server }) => {
    const problems: string[] = []
    let kills = 0
    for (let isGoing = true; isGoing && kills <= 3 * plain.calls.length;) {
      session = spawn(process.execPath, [SESSION, world.folder, server.url], { stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      session.stderr?.on('data', (piece: Buffer) => (said += piece.toString()))
      const [code, signal] = (await once(session, 'close')) as [number | null, string | null]
      isGoing = signal === 'SIGKILL'
      if (isGoing) kills++
      else if (code !== 0) problems.push(`a session ended with ${code}: ${said.slice(-400)}`)
    }
    onNote(`${kills} kills of a real process`)
    const end = await endOf(world.folder)
    const asked = server.requests.map(({ body }) => JSON.stringify(body))
    const distinct = new Set(asked).size
    const repeated = asked.length - distinct
    return {
      kills,
      repeated,
      problems: [
        ...problems,
        ...(distinct === plain.calls.length ? [] : [`${distinct} different questions and not ${plain.calls.length}`]),
        ...(repeated <= kills ? [] : [`${repeated} calls were repeated after ${kills} kills`]),
        ...(end.calls.join() === plain.calls.join() ? [] : [`the calls are ${end.calls.join(', ')}`]),
        ...differences(end, plain),
      ].map((problem) => `kills: ${problem}`),
    }
  })
}
