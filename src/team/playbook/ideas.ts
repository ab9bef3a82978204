import type { Component } from '../../core/pipeline.ts'
import type { Evidence } from '../../core/team.ts'
import { memoOf } from './craft.ts'
import type { Craft, Memo, Option } from './craft.ts'
import type { Finding } from './diagnose.ts'
import { rank } from './rank.ts'
import type { Ranked } from './rank.ts'

/** What can be done to one component of the best pipeline. */
export type Ideas = {
  readonly memo: Memo
  /** Most promising first. */
  readonly ranked: readonly Ranked[]
  /** Moves that are out because they would change what pictures mean. */
  readonly refused: readonly Option[]
}

/** Null when the component was not made by this team: there is no design to change. */
export function ideasFor(craft: Craft, evidence: Evidence, findings: readonly Finding[]): Ideas | null {
  const memo = memoOf(craft.component, evidence.best.memos[craft.component])
  if (memo === null) return null
  const options = craft.options(memo.design, { brief: evidence.brief, evidence })
  const refused = options.filter((option) => option.safety?.verdict === 'refused')
  return { memo, ranked: rank(options, findings, evidence, memo), refused }
}

/** The file that a component lives in. */
export function fileOf(component: Component): string {
  return `${component}.py`
}
