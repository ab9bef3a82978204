import { SHORT_RUN } from './faults.ts'
import { virtualClock } from './virtual-clock.ts'
import { playSession } from './whole-run.ts'

/** `node session.ts FOLDER URL`: one session of work on a run, in a process of its own that may be killed. */
const [folder = '', url = ''] = process.argv.slice(2)
const world = { folder, clock: virtualClock(), memory: new Map(), environment: {}, notes: [] }
const session = await playSession(world, { url, trials: SHORT_RUN.steps.length })
if (session.end !== 'finished') {
  console.error(session)
  process.exitCode = 1
}
