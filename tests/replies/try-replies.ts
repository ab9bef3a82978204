/**
 * Puts the replies of the library through the roles and the harness, and tells whether each comes to what its index says:
 * `node tests/replies/try-replies.ts [role or role/beginning-of-file]… [--set grey|photos] [--read-only] [--show]`.
 * Exits with 1 when one does not.
 */
import { parseArgs } from 'node:util'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Pipeline } from '../../src/core/pipeline.ts'
import { makeReplyBench, SET_NAMES } from '../support/reply-bench.ts'
import type { ReplyBench, SetName } from '../support/reply-bench.ts'
import { readReply, REPLY_ROLES, repliesOf, writtenRoles } from '../support/reply-library.ts'
import type { WrittenReply } from '../support/reply-library.ts'

const TRAIN_SECONDS = 1.5

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    set: { type: 'string' },
    'read-only': { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
})
const sets = SET_NAMES.filter((name) => values.set === undefined || name === values.set)
const controller = new AbortController()
process.once('SIGINT', () => controller.abort())

const chosen = chooseReplies(positionals)
const bench = values['read-only'] ? null : await makeReplyBench(controller.signal)
let wrong = 0
try {
  for (const reply of chosen) for (const line of await tryReply(reply, bench)) console.log(line)
} finally {
  await bench?.close()
}
console.log(`${chosen.length} replies, ${wrong} not as expected`)
process.exitCode = wrong === 0 && chosen.length > 0 ? 0 : 1

function chooseReplies(words: readonly string[]): WrittenReply[] {
  const unknown = words.filter((word) => !REPLY_ROLES.some((role) => word === role || word.startsWith(`${role}/`)))
  if (unknown.length > 0) throw new Error(`there is no role ${unknown.join(', ')}; choose from ${REPLY_ROLES.join(', ')}`)
  const roles =
    words.length === 0 ? writtenRoles() : REPLY_ROLES.filter((role) => words.some((word) => word.split('/')[0] === role))
  const isChosen = ({ role, file }: WrittenReply) =>
    words.length === 0 || words.some((word) => word === role || (word.includes('/') && `${role}/${file}`.startsWith(word)))
  return roles.flatMap(repliesOf).filter(isChosen)
}

/** A line for the reading, or one for each set of pictures. */
async function tryReply(reply: WrittenReply, harness: ReplyBench | null): Promise<string[]> {
  const reading = await readReply(reply)
  if ('refusal' in reading) return [tell(reply, reply.expected === 'refused', `refused: ${reading.refusal}`)]
  const { pipeline } = reading
  if (pipeline === null || harness === null) {
    const isRight = harness === null || reply.expected === 'trains'
    return [tell(reply, isRight, 'read')]
  }
  const lines: string[] = []
  for (const set of sets) lines.push(await trySet(reply, set, pipeline, harness))
  return lines
}

async function trySet(reply: WrittenReply, set: SetName, pipeline: Pipeline, harness: ReplyBench): Promise<string> {
  const outcome = await harness.evaluate(set, pipeline, TRAIN_SECONDS)
  if (values.show && outcome.status === 'failed') console.log(outcome.logTail)
  return tell(reply, isAsExpected(reply.expected, outcome), `${set}: ${wordsOf(outcome)}`)
}

function isAsExpected(expected: string, outcome: Outcome): boolean {
  if (outcome.status === 'scored') return expected === 'trains'
  const { stage, kind } = outcome
  return [stage, `${stage}/${kind}`].includes(expected)
}

function wordsOf(outcome: Outcome): string {
  if (outcome.status === 'failed') return `${outcome.stage}/${outcome.kind}: ${outcome.message}`
  const { metrics, steps, seconds } = outcome
  const total = Object.values(seconds).reduce((sum, part) => sum + part, 0)
  return `trains, ${(100 * metrics.accuracy.value).toFixed(0)} % after ${steps} steps, ${total.toFixed(0)} s`
}

function tell({ role, file, expected }: WrittenReply, isRight: boolean, text: string): string {
  if (!isRight) wrong++
  return `${isRight ? 'ok   ' : 'WRONG'} ${role}/${file} ${text}${isRight ? '' : ` (expected ${expected})`}`
}
