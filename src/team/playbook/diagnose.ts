import type { Evidence } from '../../core/team.ts'
import { confusion, imbalance } from './diagnose-classes.ts'
import { factsOf, passesText, ramp, shareText } from './diagnose-facts.ts'
import type { Facts, Finding } from './diagnose-facts.ts'
import { overfitting, slow, underfitting, undertrained, unstable } from './diagnose-fit.ts'

export type { Finding } from './diagnose-facts.ts'

/** So many rejections in a row say that what stands out is not what can be mended. */
const STUCK_REJECTIONS = 10

/** What holds the best pipeline back, heaviest first. Never empty: where nothing stands out, that is the finding. */
export function diagnose(evidence: Evidence): Finding[] {
  const facts = factsOf(evidence)
  const found = [overfitting, undertrained, underfitting, unstable, imbalance, confusion, slow]
    .map((look) => look(facts))
    .filter((finding) => finding !== null)
  return [plateau(facts, found), ...found].toSorted((a, b) => b.weight - a.weight)
}

function plateau({ evidence, train, dev, passes }: Facts, found: readonly Finding[]): Finding {
  const heaviest = Math.max(0, ...found.map((finding) => finding.weight))
  const weight = Math.max((1 - heaviest) / 2, ramp(evidence.sinceKept, 0, STUCK_REJECTIONS) * heaviest)
  const seen = [...(train === null ? [] : [`train ${shareText(train)}`]), ...(dev === null ? [] : [`dev ${shareText(dev)}`])]
  const stuck = evidence.sinceKept >= STUCK_REJECTIONS / 2 ? `, and ${evidence.sinceKept} changes in a row brought nothing` : ''
  const numbers = seen.length === 0 ? 'nothing is known of the fit' : `${seen.join(', ')} after ${passesText(passes)}`
  return { bottleneck: 'plateau', weight, sentence: `${numbers}: nothing stands out${stuck}; what is left are small gains` }
}
