import { gainUnit } from '../../core/metric-scale.ts'
import type { Component } from '../../core/pipeline.ts'
import type { Brief, Evidence } from '../../core/team.ts'
import { datasetText, speedText, weightsText } from './brief-text.ts'
import { fileName } from './check-change.ts'
import { DATA_RULE, dataBlock, plainText } from './fence.ts'
import { lessonLines } from './lessons-text.ts'
import { understandingIn } from './memo.ts'
import { prompt } from './prompt.ts'
import type { Desk } from './settings.ts'

/** Rejections since the last kept change from which constants count as used up. */
const PLATEAU = 3
const HINTS_SHOWN = 5
const HINT_LENGTH = 500

/** What is the same in all questions of a run, for the placeholders that the prompts of most roles share. */
export function surroundings(desk: Desk, brief: Brief, understanding: string) {
  return {
    dataRule: DATA_RULE,
    dataset: datasetText(brief, understanding, !desk.datasetInfo),
    machine: speedText(brief),
    weights: weightsText(desk.weights),
  }
}

export function surroundingsOf(desk: Desk, { brief, best }: Evidence) {
  return surroundings(desk, brief, understandingIn(best.memos))
}

export function lessonsBlock(past: Evidence['past'], { brief }: Evidence, tokens: number): string {
  const lines = lessonLines(past, brief.metric, tokens)
  return lines.length === 0 ? 'nothing yet' : dataBlock('past proposals', lines)
}

/** Constants are used up. */
export function isOnPlateau({ sinceKept }: Evidence): boolean {
  return sinceKept >= PLATEAU
}

/** What whoever chooses the next change is told beside the figures. */
export function steering(evidence: Evidence) {
  const { brief, hints, sinceKept, allowed, trialsLeft } = evidence
  const newest = hints.toReversed().slice(0, HINTS_SHOWN)
  return {
    unit: gainUnit(brief.metric),
    hints: newest.length === 0 ? '' : `The user says (newest first; follow it where it can be followed)\n${hintsBlock(newest)}\n`,
    plateau: isOnPlateau(evidence) ? `${prompt('plateau', { sinceKept: String(sinceKept) })}\n` : '',
    allowed: allowed.map(fileName).join(', '),
    trialsLeft: String(trialsLeft),
  }
}

function hintsBlock(hints: readonly string[]): string {
  return dataBlock(
    'hints of the user',
    hints.map((text) => plainText(text, HINT_LENGTH)),
  )
}

/** The trial that the next proposal becomes. */
export function nextTrial({ past, best }: Evidence): number {
  return Math.max(0, best.trial, ...past.map(({ trial }) => trial)) + 1
}

export function craftOf(component: Component): string {
  return prompt(`${component}-craft`)
}
