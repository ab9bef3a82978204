import { formatPoints } from '../../core/format.ts'
import type { Assignment, Change, Diagnosis, Engineer, Evidence } from '../../core/team.ts'
import { makeMemo } from './craft.ts'
import type { Craft, Memo } from './craft.ts'
import { diagnose } from './diagnose.ts'
import type { Finding } from './diagnose.ts'
import { ideasFor } from './ideas.ts'
import { BOTTLENECKS } from './move.ts'
import { pointsOf } from './lessons.ts'
import type { Ranked } from './rank.ts'

const KIN_SHOWN = 4

/** An engineer of one component: carries out the most promising untried move for the task. */
export function makeEngineer(craft: Craft): Engineer {
  return async (assignment, signal) => {
    signal.throwIfAborted()
    return carryOut(craft, assignment)
  }
}

/** Null when nothing untried is left, or when the component was not made by this team. */
export function carryOut(craft: Craft, { diagnosis, evidence }: Assignment): Change | null {
  const ideas = ideasFor(craft, evidence, focus(diagnose(evidence), diagnosis))
  const best = ideas?.ranked[0]
  return ideas === null || best === undefined ? null : changeOf(craft, best, ideas.memo, evidence)
}

/** What an Analyst of another make names counts as a finding too, as long as it is a word of ours. */
function focus(findings: readonly Finding[], { bottleneck, diagnosis }: Diagnosis): readonly Finding[] {
  const known = BOTTLENECKS.find((word) => word === bottleneck)
  if (known === undefined || findings.some((finding) => finding.bottleneck === known)) return findings
  return [{ bottleneck: known, weight: 1, sentence: diagnosis }, ...findings]
}

function changeOf(craft: Craft, ranked: Ranked, memo: Memo, evidence: Evidence): Change {
  const { move, design, fingerprint, safety } = ranked.option
  return {
    title: move.title,
    kind: move.kind,
    source: craft.render(design, evidence.brief),
    rationale: rationaleText(ranked, evidence),
    fingerprint,
    memo: makeMemo(craft, design, memo),
    labelSafety: safety?.finding ?? null,
  }
}

function rationaleText({ option, finding, gain }: Ranked, evidence: Evidence): string {
  const { move } = option
  const kin = evidence.past
    .filter((trial) => trial.kind === move.kind && trial.components.includes(move.component))
    .slice(-KIN_SHOWN)
  const measured = kin.flatMap(({ result }) =>
    result.status === 'scored'
      ? [`${result.delta >= 0 ? '+' : ''}${pointsOf(evidence.brief.metric, result.delta).toFixed(1)}`]
      : ['failed'],
  )
  const learned = kin.length === 0 ? '' : ` In this run ${move.kind} brought so far: ${measured.join(', ')} points.`
  const expected = `Expected: ${formatPoints(gain / 100)}.`
  return `${capital(finding.sentence)}. ${capital(move.why)}.${learned} ${expected}`
}

function capital(text: string): string {
  const trimmed = text.replace(/\.$/, '')
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
}
