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
/** Rules on pictures that only data.py sees. */
const DATA_ONLY = /train_transform|eval_transform|uniform_shape/

/**
 * Reads the contract out of the harness's own files, so that what a model is told is what holds. Throws when a file no longer has the
 * form that is looked for.
 */
export function contractText({ contract, ops }: ContractSources): ContractText {
  const paragraphs = docstringOf(contract).split(/\n\n+/)
  const outline = outlineOf(contract)
  const operations = operationsText(ops)
  const own = (component: Component) => ownText(component, paragraphs, outline, component === 'data' ? operations : '')
  return {
    whole: [
      paragraphs.map(oneBlank).join('\n\n'),
      outlineText(outline, [...new Set(COMPONENTS.flatMap((name) => NAMES[name]))]),
      operations,
    ].join('\n\n'),
    overview: [
      ...COMPONENTS.map((component) => fileParagraph(component, paragraphs)),
      `improve_harness.ops: ${operationNames(ops).join(', ')}`,
    ].join('\n'),
    data: own('data'),
    model: own('model'),
    training: own('training'),
  }
}

function ownText(component: Component, paragraphs: readonly string[], outline: Outline, operations: string): string {
  const others = paragraphs.filter((paragraph) => !COMPONENTS.some((name) => paragraph.startsWith(`${name}.py`))).slice(1)
  const rules = component === 'data' ? others : others.map(withoutDataRules)
  return [fileParagraph(component, paragraphs), ...rules, outlineText(outline, NAMES[component]), operations]
    .filter((part) => part !== '')
    .join('\n\n')
}

function fileParagraph(component: Component, paragraphs: readonly string[]): string {
  const paragraph = paragraphs.find((one) => one.startsWith(`${component}.py`))
  if (paragraph === undefined) throw new Error(`the docstring of contract.py has no paragraph on ${component}.py`)
  return oneBlank(paragraph)
}

function oneBlank(paragraph: string): string {
  return paragraph.replace(/ {2,}/g, ' ')
}

/** A list loses the points that speak of data.py alone. */
function withoutDataRules(paragraph: string): string {
  const [head = '', ...points] = paragraph.split(/\n(?=- )/)
  return [head, ...points.filter((point) => !DATA_ONLY.test(point))].join('\n')
}

type Outline = { readonly classes: readonly PythonClass[]; readonly functions: readonly PythonFunction[] }

function outlineOf(contract: string): Outline {
  return { classes: readClasses(contract), functions: readFunctions(contract) }
}

function outlineText({ classes, functions }: Outline, names: readonly string[]): string {
  const parts = names.map((name) => {
    const found = classes.find((one) => one.name === name)
    if (found !== undefined) return classText(found)
    const made = functions.find((one) => one.name === name)
    if (made === undefined) throw new Error(`contract.py defines no ${name}`)
    return `${made.signature}: ${made.doc}`
  })
  return ['From improve_harness.contract:', ...parts].join('\n')
}

function classText({ name, doc, fields, methods }: PythonClass): string {
  const shownFields = fields.map((field) => `- ${field.text}${field.doc === '' ? '' : `: ${field.doc}`}`)
  const shownMethods = methods.map(({ signature, doc: said }) => `- .${signature}${said === '' ? '' : `: ${said}`}`)
  return [`${name}: ${doc}`, ...shownFields, ...shownMethods].join('\n')
}

function operationNames(ops: ContractSources['ops']): string[] {
  const init = ops['__init__.py']
  if (init === undefined) throw new Error('the files of ops lack __init__.py')
  return listedNames(init)
}

function operationsText(ops: ContractSources['ops']): string {
  const names = operationNames(ops)
  const texts = Object.values(ops)
  const functions = texts.flatMap(readFunctions)
  const classes = texts.flatMap(readClasses)
  const lines = names.map((name) => {
    const made = functions.find((one) => one.name === name)
    if (made !== undefined) return `- ${made.signature}: ${made.doc}`
    const found = classes.find((one) => one.name === name)
    if (found !== undefined) return `- ${found.signature}: ${found.doc}`
    const keys = texts.map((text) => keysOf(text, name)).find((known) => known.length > 0)
    if (keys === undefined) throw new Error(`ops/__init__.py lists ${name}, which none of its files defines`)
    return `- ${name}: ${keys.join(', ')}`
  })
  return ['`from improve_harness import ops`, one draw of chance an image:', ...lines].join('\n')
}

/** Keys of a dictionary at module level. */
function keysOf(text: string, name: string): string[] {
  const body = new RegExp(`^${name}\\b[^=\\n]*= \\{\\n([^}]*)\\}`, 'm').exec(text)?.[1] ?? ''
  return [...body.matchAll(/^\s+"([^"]+)":/gm)].map((match) => match[1] ?? '')
}
