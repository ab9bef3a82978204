import { formatPoints } from '../../core/format.ts'
import type { Component } from '../../core/pipeline.ts'
import type { Diagnosis, Evidence, Team } from '../../core/team.ts'
import type { Crafts } from './craft.ts'
import { diagnose } from './diagnose.ts'
import type { Finding } from './diagnose.ts'
import { fileOf, ideasFor } from './ideas.ts'
import type { Ideas } from './ideas.ts'
import { metricOf } from './lessons.ts'
import type { Ranked } from './rank.ts'

/** A trial that promises less than this many points is not worth its seconds: no comparison here could see it. */
const FLOOR = 0.03
/** So many rejections of one component in a row: what it can give has been had, until something else changed. */
const ENOUGH_REJECTIONS = 3

/** A finding that weighs this many times another is named beside it. */
const CLEARLY = 1.1

type Candidate = { readonly component: Component; readonly ideas: Ideas; readonly best: Ranked }

/** The Performance Analyst: what is wrong, which one component to change, and what to ask of its engineer. */
export function makeAnalyst(crafts: Crafts): Team['analyst'] {
  return async (evidence, signal) => {
    signal.throwIfAborted()
    return analyse(crafts, evidence)
  }
}

/** Null when no untried move of the allowed components promises more than the floor. */
export function analyse(crafts: Crafts, evidence: Evidence): Diagnosis | null {
  const findings = diagnose(evidence)
  const candidates = evidence.allowed.flatMap((component) => candidate(crafts, component, evidence, findings))
  const chosen = fresh(candidates, evidence).toSorted((a, b) => b.best.promise - a.best.promise)[0]
  if (chosen === undefined) return null
  return {
    diagnosis: diagnosisText(chosen.best, findings),
    bottleneck: chosen.best.finding.bottleneck,
    component: chosen.component,
    task: taskText(chosen),
    predictedGain: Math.max(0, metricOf(evidence.brief.metric, chosen.best.gain)),
  }
}

function candidate(crafts: Crafts, component: Component, evidence: Evidence, findings: readonly Finding[]): Candidate[] {
  const ideas = ideasFor(crafts[component], evidence, findings)
  const best = ideas?.ranked[0]
  return ideas === null || best === undefined || best.promise < FLOOR ? [] : [{ component, ideas, best }]
}

/** Leaves a component that was rejected several times in a row, as long as another has something to offer. */
function fresh(candidates: readonly Candidate[], { past }: Evidence): readonly Candidate[] {
  const last = past.slice(-ENOUGH_REJECTIONS)
  const isStuck = (component: Component) =>
    last.length === ENOUGH_REJECTIONS && last.every((trial) => trial.components.includes(component) && !isKept(trial.result))
  const others = candidates.filter((one) => !isStuck(one.component))
  return others.length > 0 ? others : candidates
}

function isKept(result: Evidence['past'][number]['result']): boolean {
  return result.status === 'scored' && result.decision === 'kept'
}

function diagnosisText({ finding }: Ranked, findings: readonly Finding[]): string {
  const heaviest = findings[0]
  const isOutweighed = heaviest !== undefined && heaviest.bottleneck !== 'plateau' && heaviest.weight > CLEARLY * finding.weight
  if (!isOutweighed) return finding.sentence
  return `${finding.sentence} (heavier, but with less left to try: ${heaviest.bottleneck})`
}

function taskText({ component, best, ideas }: Candidate): string {
  const { move } = best.option
  const second = ideas.ranked[1]
  const other = second === undefined ? '' : `; second choice: ${second.option.move.title}`
  const refused = ideas.refused.map((option) => `${option.move.title} (${option.safety?.finding ?? ''})`)
  const out = refused.length === 0 ? '' : `; not to be done: ${refused.join(', ')}`
  const expected = `expected ${formatPoints(Math.max(0, best.gain) / 100)}`
  return `change ${fileOf(component)} against ${best.finding.bottleneck} (${move.kind}): ${move.title}, ${expected}${other}${out}`
}
