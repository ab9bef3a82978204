import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component, Pipeline } from '../../core/pipeline.ts'
import type { Blueprint, Brief, Team } from '../../core/team.ts'
import { machineText } from './brief-text.ts'
import { checkPipeline, fileName, sourceOf, textOf } from './check-change.ts'
import { surroundings } from './common-text.ts'
import { converse } from './dialogue.ts'
import { makeMemos } from './memo.ts'
import { filesText } from './pipeline-text.ts'
import { prompt } from './prompt.ts'
import { Refusal } from './refusal.ts'
import { readCode } from './reply.ts'
import type { CodeReply } from './reply.ts'
import type { Desk } from './settings.ts'

/** The Project Architect: what the images are, and pipeline 0 in one call, or file after file. */
export function makeArchitect(desk: Desk): Team['architect'] {
  return desk.initStepByStep ? (brief, signal) => stepByStep(desk, brief, signal) : (brief, signal) => atOnce(desk, brief, signal)
}

export function architectInstructions(desk: Desk, brief: Brief): string {
  return prompt('architect', {
    rules: prompt('code-rules'),
    contract: desk.contract.whole,
    ...surroundings(desk, brief, ''),
    machine: machineText(brief),
  })
}

async function atOnce(desk: Desk, brief: Brief, signal: AbortSignal): Promise<Blueprint> {
  const opening = {
    role: 'architect',
    trial: 0,
    instructions: architectInstructions(desk, brief),
    text: prompt('architect-task'),
  } as const
  return converse(
    desk.ask,
    opening,
    ({ text, end }) => {
      const reply = readCode(text, { isCut: end === 'cut', expected: null })
      return blueprintOf(reply, checkPipeline(reply, {}))
    },
    signal,
  )
}

export function blueprintOf({ facts }: Pick<CodeReply, 'facts'>, pipeline: Pipeline): Blueprint {
  const understanding = textOf(facts['understanding'], 1200)
  return { understanding, design: textOf(facts['design'], 1200), pipeline, memos: makeMemos('architect', understanding) }
}

type Step = { readonly source: string; readonly facts: CodeReply['facts'] }

async function stepByStep(desk: Desk, brief: Brief, signal: AbortSignal): Promise<Blueprint> {
  const written: Partial<Record<Component, string>> = {}
  const steps: Step[] = []
  for (const component of COMPONENTS) {
    const step = await writeFile(desk, brief, component, written, signal)
    steps.push(step)
    written[component] = step.source
  }
  const pipeline = { data: written.data ?? '', model: written.model ?? '', training: written.training ?? '' }
  const design = steps.map(({ facts }) => textOf(facts['design'], 400)).join(' ')
  return blueprintOf({ facts: { ...steps[0]?.facts, design } }, pipeline)
}

async function writeFile(
  desk: Desk,
  brief: Brief,
  component: Component,
  written: Partial<Pipeline>,
  signal: AbortSignal,
): Promise<Step> {
  const before = filesText(written)
  const text = prompt('architect-step', {
    file: fileName(component),
    written: before === '' ? 'None of the files is written yet.' : `Written so far, and settled:\n${before}`,
  })
  const opening = { role: 'architect', trial: 0, instructions: architectInstructions(desk, brief), text } as const
  return converse(
    desk.ask,
    opening,
    (reply) => {
      const { facts, files } = readCode(reply.text, { isCut: reply.end === 'cut', expected: component })
      const mine = files.find((file) => file.component === component)
      if (mine === undefined) throw new Refusal(`the reply holds no ${fileName(component)}; send this file`)
      return { facts, source: sourceOf(mine, '') }
    },
    signal,
  )
}
