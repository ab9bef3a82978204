import { groupBy } from './group-by.ts'
import type { RunSpec } from './run-spec.ts'
import type { StampedEvent } from './run-events.ts'
import type { RunState } from './run-state.ts'

/** A run as a comparison reads it. */
export type ComparedRun = {
  readonly name: string
  readonly spec: RunSpec
  readonly state: RunState
  readonly events: readonly StampedEvent[]
}

/** What a run was asked, by the path of the field: "budget.trials" -> "12". */
export type Settings = Readonly<Record<string, string>>

export type RunGroup = {
  /** A, B, C … */
  readonly name: string
  readonly spec: RunSpec
  /** In the order of their seeds. */
  readonly runs: readonly ComparedRun[]
  /** Settings in which the groups differ. */
  readonly apart: Settings
  /** Whether its figures may stand beside those of the first group. */
  readonly isComparable: boolean
}

/** Of the spec, what tells one run of a group from another, or says where it ran. */
const OWN_FIELDS = ['version', 'name', 'createdAt', 'dataset', 'seed', 'machine', 'sandbox', 'versions']
/** How long an answer is waited for changes no result. */
const IGNORED_PATHS = ['llm.timeoutSeconds']

/** Runs that were asked the same thing of the same images form a group; groups and their runs come in the order given and by seed. */
export function groupRuns(runs: readonly ComparedRun[]): RunGroup[] {
  const groups = [...groupBy(runs, ({ spec }) => JSON.stringify([yardstickOf(spec), settingsOf(spec)])).values()]
  const settings = groups.flatMap(([first]) => (first === undefined ? [] : [settingsOf(first.spec)]))
  return groups.flatMap((members, index): RunGroup[] => {
    const [first] = members
    if (first === undefined) return []
    return [
      {
        name: nameOf(index),
        spec: first.spec,
        runs: members.toSorted((a, b) => a.spec.seed - b.spec.seed),
        apart: settingsApart(settings[index] ?? {}, settings),
        isComparable: JSON.stringify(yardstickOf(first.spec)) === JSON.stringify(yardstickOf(runs[0]?.spec ?? first.spec)),
      },
    ]
  })
}

export function settingsOf(spec: RunSpec): Settings {
  const asked = Object.entries(spec).filter(([field]) => !OWN_FIELDS.includes(field))
  return Object.fromEntries(
    asked.flatMap(([field, value]) => flatten(field, value)).filter(([path]) => !IGNORED_PATHS.includes(path)),
  )
}

function flatten(path: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) return [[path, value.join(' + ')]]
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([field, inner]) => flatten(`${path}.${field}`, inner))
  return [[path, value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value)]]
}

/** A setting that a group does not have at all, as the playbook has no model, tells nothing apart. */
function settingsApart(own: Settings, all: readonly Settings[]): Settings {
  const differs = (path: string) => new Set(all.flatMap((settings) => settings[path] ?? [])).size > 1
  return Object.fromEntries(Object.entries(own).filter(([path]) => differs(path)))
}

function nameOf(index: number): string {
  const letter = String.fromCodePoint(65 + (index % 26))
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`
}

/** What must be the same before figures of two runs may be compared: the images and how they are split, the metric, the training. */
export function yardstickOf({ dataset, metric, budget }: RunSpec): Readonly<Record<string, string>> {
  return {
    images: dataset.contentHash.slice(0, 12),
    'groups of images': dataset.groups ?? 'none',
    metric,
    'training of a trial': `${budget.trainSeconds} s`,
  }
}

/** One way in which runs cannot be compared: what differs, and which runs have which value. */
export type Mismatch = {
  readonly what: string
  readonly values: readonly { readonly value: string; readonly runs: readonly string[] }[]
}

export function findMismatches(runs: readonly ComparedRun[]): Mismatch[] {
  const yardsticks = runs.map(({ name, spec }) => ({ name, yardstick: yardstickOf(spec) }))
  return Object.keys(yardsticks[0]?.yardstick ?? {}).flatMap((what) => {
    const byValue = groupBy(yardsticks, ({ yardstick }) => yardstick[what] ?? '')
    const values = [...byValue].map(([value, members]) => ({ value, runs: members.map(({ name }) => name) }))
    return values.length < 2 ? [] : [{ what, values }]
  })
}
