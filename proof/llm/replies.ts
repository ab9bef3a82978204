import type { Ask, Reply } from '../../src/core/language-model.ts'
import { drawBelow, makeRandom } from '../../src/core/random.ts'
import type { Random } from '../../src/core/random.ts'
import { NoValidReply } from '../../src/core/team.ts'
import { repliesOf, writtenRoles } from '../../tests/support/reply-library.ts'
import type { Proof } from '../proof.ts'
import { askRole, faultsIn } from './ask-role.ts'
import type { RoleName } from './ask-role.ts'
import { mutate } from './mutate.ts'
import { ODD_REPLIES } from './odd-replies.ts'

const MUTATED = 5000
const MOST_SECONDS = 1
const MOST_ASKED = 3

type Sample = { readonly role: RoleName; readonly text: string }

type Asked = {
  /** How often the role asked until it was content; null where it never was. */
  readonly asked: number | null
  readonly problems: readonly string[]
  /** CPU seconds of the longest reading of one reply. */
  readonly slowest: number
}

/** Puts replies through the roles: those of the library, others in every odd form, and thousands that were damaged. */
export async function proveReplies(onNote: (line: string) => void): Promise<Proof> {
  const written = writtenRoles().flatMap(repliesOf)
  const failures: string[] = []
  let slowest = { seconds: 0, name: '' }
  const note = (asked: Asked, name: string) => {
    if (asked.slowest > slowest.seconds) slowest = { seconds: asked.slowest, name }
    failures.push(...asked.problems.map((problem) => `${name}: ${problem}`))
  }
  for (const { role, file, text, expected } of written)
    note(
      await expectReply({ role, text, end: 'complete', expected: expected === 'refused' ? 'refused' : 'taken' }),
      `${role}/${file}`,
    )
  for (const odd of ODD_REPLIES) note(await expectReply(odd), `${odd.role}, ${odd.name}`)
  onNote(`${written.length} written and ${ODD_REPLIES.length} odd replies are through`)
  const samples = [...written, ...ODD_REPLIES]
  const counts = [0, 0, 0, 0]
  for (let seed = 0; seed < MUTATED; seed++) {
    const asked = await askWithDamage(samples, makeRandom(seed))
    note(asked, `mutated reply ${seed}, ${asked.how}`)
    const place = asked.asked === null ? MOST_ASKED : asked.asked - 1
    counts[place] = (counts[place] ?? 0) + 1
    if (seed % 1000 === 999) onNote(`${seed + 1} mutated replies are through`)
  }
  return {
    name: 'llm-replies',
    tried: written.length + ODD_REPLIES.length + MUTATED,
    failed: failures.length,
    claim: 'a reply becomes a valid proposal, is asked for again, or is no valid reply; none crashes, none takes a second',
    found: [
      `${written.length} written replies, ${ODD_REPLIES.length} in odd forms by hand, ${MUTATED} mutated (each time anew when asked again)`,
      `of the mutated ${share(counts[0])} usable at once, ${share(counts[1])} after one re-ask, ${share(counts[2])} after two, ${share(counts[3])} never`,
      `slowest reading ${slowest.seconds.toFixed(2)} s of CPU (${slowest.name})`,
    ],
    failures,
  }
}

function share(count = 0): string {
  return `${((100 * count) / MUTATED).toFixed(1)} %`
}

/** Always the same reply: taken at once, or refused three times. */
async function expectReply({
  role,
  text,
  end,
  expected,
}: Sample & { end: Reply['end']; expected: 'taken' | 'refused' }): Promise<Asked> {
  const asked = await put(role, () => ({ text, end }))
  const came = asked.asked === 1 ? 'taken' : asked.asked === null ? 'refused' : `taken at the ${asked.asked}. time`
  return came === expected ? asked : { ...asked, problems: [...asked.problems, `${came} and not ${expected}`] }
}

/** Replies of one role, each damaged anew; `how` tells the role and the damage. */
async function askWithDamage(samples: readonly Sample[], random: Random): Promise<Asked & { readonly how: string }> {
  const draw = (from: readonly Sample[]) => from[drawBelow(random, from.length)] ?? { role: 'analyst' as const, text: '' }
  const { role } = draw(samples)
  const mine = samples.filter((sample) => sample.role === role)
  const done: string[] = []
  const asked = await put(role, () => {
    const { text, how } = mutate(draw(mine).text, random, draw(samples).text)
    done.push(how.join(' + '))
    return { text, end: drawBelow(random, 8) === 0 ? 'cut' : 'complete' }
  })
  return { ...asked, how: `${role}: ${done.join('; ')}` }
}

/** Asks a role, and watches what it makes of each reply. */
async function put(role: RoleName, next: () => Reply): Promise<Asked> {
  let [asked, slowest, startedAt] = [0, 0, process.cpuUsage()]
  const lap = () => {
    const { user, system } = process.cpuUsage(startedAt)
    if (asked > 0) slowest = Math.max(slowest, (user + system) / 1e6)
  }
  const ask: Ask = () => {
    lap()
    asked++
    const reply = next()
    startedAt = process.cpuUsage()
    return Promise.resolve(reply)
  }
  const problems: string[] = []
  let isDone = false
  try {
    const work = await askRole(role, ask)
    lap()
    isDone = work !== null
    if (work !== null) problems.push(...faultsIn(work))
  } catch (error) {
    lap()
    if (!(error instanceof NoValidReply)) problems.push(`crashed: ${error instanceof Error ? error.stack : String(error)}`)
  }
  if (!isDone && problems.length === 0 && asked !== MOST_ASKED) problems.push(`given up after ${asked} replies`)
  if (slowest > MOST_SECONDS) problems.push(`${slowest.toFixed(1)} s for one reply`)
  return { asked: isDone ? asked : null, problems, slowest }
}
