import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component } from '../../core/pipeline.ts'
import { docstringOf, listedNames, readClasses, readFunctions } from './python-outline.ts'
import type { PythonClass, PythonFunction } from './python-outline.ts'

/** The contract of the three files as prompts show it: the whole of it, and what the engineer of one component needs. */
export type ContractText = Readonly<Record<'whole' | 'overview' | Component, string>>

/** Texts of the harness's files: `contract.py`, and the files of `ops` with their names. */
export type ContractSources = { readonly contract: string; readonly ops: Readonly<Record<string, string>> }

/** What each engineer is told of the contract's classes and functions. */
const NAMES: Readonly<Record<Component, readonly string[]>> = {
  data: ['Info', 'batched', 'per_image'],
  model: ['Info'],
  training: ['Info', 'Training', 'Ema', 'FitContext', 'logits_of'],
}
/** Fields of `Info` that the code of a component hardly needs: named, not explained. */
const ASIDE: Readonly<Record<Component, readonly string[]>> = {
  data: ['typical_shape', 'input_size', 'device'],
  model: ['classes', 'uniform_shape', 'typical_shape', 'mean', 'std', 'class_counts'],
  training: ['classes', 'channels', 'uniform_shape', 'typical_shape', 'input_size', 'mean', 'std', 'reference_speed'],
}
/** Characters of what is said of an operation. */
const DOC_LENGTH = 64
/** Rules on pictures that only data.py sees. */
const DATA_ONLY = /train_transform|eval_transform|uniform_shape/
/** What engineers are told by their prompts in fewer words. */
const TOLD_ELSEWHERE = /^What (?:is checked|belongs to the harness)/

/**
 * Reads the contract out of the harness's own files, so that what a model is told is what holds. Throws when a file no longer has the
 * form that is looked for.
 */
export function contractText({ contract, ops }: ContractSources): ContractText {
  const paragraphs = docstringOf(contract).split(/\n\n+/)
  const outline = { classes: readClasses(contract), functions: readFunctions(contract) }
  const operations = operationsText(ops)
  const own = (component: Component) => ownText(component, paragraphs, outline, component === 'data' ? operations : '')
  const all = [...new Set(COMPONENTS.flatMap((name) => NAMES[name]))]
  return {
    whole: [...paragraphs.map(oneBlank), outlineText(outline, all, []), operations].join('\n\n'),
    overview: overviewText(paragraphs),
    data: own('data'),
    model: own('model'),
    training: own('training'),
  }
}

function ownText(component: Component, paragraphs: readonly string[], outline: Outline, operations: string): string {
  const [, ...others] = paragraphs.filter((paragraph) => !COMPONENTS.some((name) => paragraph.startsWith(`${name}.py`)))
  const known = others.filter((paragraph) => !TOLD_ELSEWHERE.test(paragraph))
  const rules = component === 'data' ? known : known.map(withoutDataRules)
  return [fileParagraph(component, paragraphs), ...rules, outlineText(outline, NAMES[component], ASIDE[component]), operations]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** What there is to change, in few words: names, and what the optional ones are for. */
function overviewText(paragraphs: readonly string[]): string {
  return COMPONENTS.map((component) => {
    const lines = fileParagraph(component, paragraphs).replace(`${component}.py `, '').split('\n')
    const names = lines.flatMap((line) => {
      const [, name = '', how = '', what = ''] = /^ ?([A-Za-z_]+)(?:\([^)]*\))? (->|optional|side)[ :>-]*(.*)$/.exec(line) ?? []
      return name === '' ? [] : [how === 'optional' ? `${name} (optional: ${purposeIn(what)})` : name]
    })
    return `${component}.py: ${names.join(', ')}`
  }).join('\n')
}

function fileParagraph(component: Component, paragraphs: readonly string[]): string {
  const paragraph = paragraphs.find((one) => one.startsWith(`${component}.py`))
  if (paragraph === undefined) throw new Error(`the docstring of contract.py has no paragraph on ${component}.py`)
  return oneBlank(paragraph)
}

function oneBlank(paragraph: string): string {
  return paragraph.replace(/ {2,}/g, ' ')
}

/** A list loses the points that speak of data.py alone, and its head when none is left. */
function withoutDataRules(paragraph: string): string {
  const [head = '', ...points] = paragraph.split(/\n(?=- )/)
  const left = points.filter((point) => !DATA_ONLY.test(point))
  return points.length > 0 && left.length === 0 ? '' : [head, ...left].join('\n')
}

/** What an optional name is for: the last part of its line that is words. */
function purposeIn(text: string): string {
  const parts = text.split(/; |: /).filter((part) => !/[`>]/.test(part))
  return parts.at(-1) ?? text
}

type Outline = { readonly classes: readonly PythonClass[]; readonly functions: readonly PythonFunction[] }

function outlineText({ classes, functions }: Outline, names: readonly string[], aside: readonly string[]): string {
  const parts = names.map((name) => {
    const found = classes.find((one) => one.name === name)
    if (found !== undefined) return classText(found, aside)
    const made = functions.find((one) => one.name === name)
    if (made === undefined) throw new Error(`contract.py defines no ${name}`)
    return `${made.signature}: ${made.doc}`
  })
  return ['From improve_harness.contract:', ...parts].join('\n')
}

function classText({ name, doc, fields, methods }: PythonClass, aside: readonly string[]): string {
  const told = fields.filter((field) => !aside.includes(field.name))
  const named = fields.filter((field) => aside.includes(field.name)).map((field) => field.name)
  const shownFields = told.map(
    (field) => `- ${field.doc === '' ? field.text : `${field.text.replace(/: [^=]*$|: .*?(?= =)/, '')}: ${field.doc}`}`,
  )
  const shownMethods = methods.map(({ signature, doc: said }) => `- .${signature}${said === '' ? '' : `: ${said}`}`)
  return [`${name}: ${doc}`, ...shownFields, ...shownMethods, ...(named.length === 0 ? [] : [`- also ${named.join(', ')}`])].join(
    '\n',
  )
}

function operationNames(ops: ContractSources['ops']): string[] {
  const init = ops['__init__.py']
  if (init === undefined) throw new Error('the files of ops lack __init__.py')
  return listedNames(init)
}

/** Operations under what they take and give, as the table of their docstring has it. */
function operationsText(ops: ContractSources['ops']): string {
  const rows = docstringOf(ops['__init__.py'] ?? '')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const left = new Set(operationNames(ops))
  const groups = rows.slice(2).flatMap(([, takes = '', gives = '', names = '']) => {
    const known = names.split(/[,;] /).filter((name) => left.delete(name))
    return known.length === 0 ? [] : [`${takes} -> ${gives}:`, ...known.map((name) => operationText(name, ops))]
  })
  const rest = [...left].map((name) => operationText(name, ops))
  return ['`from improve_harness import ops`, batched, one draw of chance an image:', ...groups, ...rest].join('\n')
}

function operationText(name: string, ops: ContractSources['ops']): string {
  const texts = Object.values(ops)
  const made = texts.flatMap((text) => [...readFunctions(text), ...readClasses(text)]).find((one) => one.name === name)
  if (made !== undefined) return `- ${made.signature}: ${inShort(made.doc)}`
  const keys = texts.map((text) => keysOf(text, name)).find((known) => known.length > 0)
  if (keys === undefined) throw new Error(`ops/__init__.py lists ${name}, which none of its files defines`)
  return `- ${name}: ${keys.join(', ')}`
}

/** The first sentence, cut at a word where it is long; a full stop of "0..1" ends none. */
function inShort(doc: string): string {
  const sentence = /^.*?(?=\. [A-Z[])/.exec(doc)?.[0] ?? doc
  return sentence.length <= DOC_LENGTH ? sentence : `${sentence.slice(0, DOC_LENGTH).replace(/[\s,:;(]+\S*$/, '')} …`
}

/** Keys of a dictionary at module level. */
function keysOf(text: string, name: string): string[] {
  const body = new RegExp(`^${name}\\b[^=\\n]*= \\{\\n([^}]*)\\}`, 'm').exec(text)?.[1] ?? ''
  return [...body.matchAll(/^\s+"([^"]+)":/gm)].map((match) => match[1] ?? '')
}
