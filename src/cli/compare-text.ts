import { AXES } from '../core/compare-runs-curve.ts'
import type { ComparedRun } from '../core/compare-runs-groups.ts'
import type { GroupFigures, RunComparison } from '../core/compare-runs.ts'
import { plural, row } from '../core/format.ts'
import { curveBlock, marginBlock } from './compare-curves.ts'
import { componentBlock, costBlock, proposalBlock, testBlock } from './compare-tables.ts'
import { mark } from './compare-words.ts'
import { describeTeam } from './team-text.ts'
import { words } from './trial-text.ts'

/** Where an unfinished run stands, by its name: "interrupted", "running, process 17". */
export type Standing = ReadonlyMap<string, string>

/** The whole comparison as lines of at most 80 columns. */
export function comparisonLines(comparison: RunComparison, standing: Standing): string[] {
  const { groups, margins } = comparison
  const blocks = [
    [...yardstickRows(groups), ...groups.flatMap((group) => groupRows(group, standing)), ...mismatchRows(comparison)],
    testBlock(groups),
    proposalBlock(groups),
    costBlock(groups),
    componentBlock(groups),
    ...AXES.map((axis) => curveBlock(groups, axis)),
    marginBlock(margins, groups),
  ]
  return blocks.filter((block) => block.length > 0).flatMap((block, index) => (index === 0 ? block : ['', ...block]))
}

/** What all runs share; where they ran differently that is said, and seconds of different machines are not alike. */
function yardstickRows(groups: readonly GroupFigures[]): string[] {
  const specs = groups.flatMap(({ runs }) => runs.map(({ spec }) => spec))
  const [first] = specs
  if (first === undefined) return []
  const { name, dataset, metric, budget } = first
  const whose = groups.every(({ isComparable }) => isComparable) ? '' : ` (of ${groups[0]?.name ?? ''})`
  const machines = [
    ...new Set(specs.map(({ machine }) => `${machine.device}, ${plural(machine.threads, 'thread')}, ${machine.dtype}`)),
  ]
  const versions = [...new Set(specs.map(({ versions: { improve, torch } }) => `improve ${improve}, torch ${torch}`))]
  const images = `${plural(dataset.imageCount, 'image')}, ${plural(dataset.classes.length, 'class', 'classes')}`
  return [
    row('dataset', `${words(name)}: ${images}${whose}`),
    row(
      'metric',
      `${metric}${metric === 'log-loss' ? ' (less is better)' : ''}; ${budget.trainSeconds} s of training a trial${whose}`,
    ),
    row(
      'machine',
      machines.length === 1 ? words(machines.join('')) : `several, whose seconds are not alike: ${words(machines.join('; '))}`,
    ),
    ...(versions.length === 1 ? [] : [row('versions', `several: ${words(versions.join('; '))}`)]),
  ]
}

function groupRows(group: GroupFigures, standing: Standing): string[] {
  const { runs, apart } = group
  const seeds = runs.map((run) => run.spec.seed)
  const title = `${groupTitle(group)}: ${plural(seeds.length, 'run')}, ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`
  const more = Object.entries(apart).filter(([path]) => !TITLED.includes(path) && !path.startsWith('llm.models.roles'))
  const settings = more.map(([path, value]) => `${settingName(path)} ${words(value)}`).join(', ')
  const notes = [settings, ...groupNotes(group), ...runs.flatMap((run) => runNotes(run, standing))]
  return [row(mark(group), title), ...notes.filter((note) => note !== '').map((note) => row('', note))]
}

function groupNotes({ spec, runs }: GroupFigures): string[] {
  const seeds = new Set(runs.map((run) => run.spec.seed))
  return [
    ...(seeds.size < runs.length ? ['a seed occurs more than once: these runs are not independent'] : []),
    ...(spec.llm?.replay == null ? [] : ['repeats the recorded answers of another run: no new evidence about its model']),
  ]
}

/** What a reader has to know before crediting the team with what a run came to. */
function runNotes({ name, state }: ComparedRun, standing: Standing): string[] {
  const { status, replacements, hints } = state
  const [first] = replacements
  return [
    ...(status === 'finished' ? [] : [`unfinished, so not in the figures of the test: ${name} (${standing.get(name) ?? status})`]),
    ...(first === undefined ? [] : [`in ${name} the ${words(first.by)} took over at trial ${first.trial}: ${words(first.reason)}`]),
    ...(hints.length === 0 ? [] : [`in ${name} the team was given ${plural(hints.length, 'hint')} by the user`]),
  ]
}

/** What the title of a group says already. */
const TITLED = ['team', 'strategy', 'init', 'keep', 'llm', 'llm.models.model', 'llm.replay']

export function groupTitle({ spec }: Pick<GroupFigures, 'spec'>): string {
  return `${words(describeTeam(spec))}, strategy ${spec.strategy}, starts from ${words(spec.init)}, keep rule ${spec.keep}`
}

/** "budget.timeSeconds" -> "time seconds". */
function settingName(path: string): string {
  const name = path.split('.').at(-1) ?? path
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function mismatchRows({ mismatches, groups }: RunComparison): string[] {
  if (mismatches.length === 0) return []
  const marked = groups.filter(({ isComparable }) => !isComparable).map(mark)
  const texts = mismatches.map(({ what, values }) => `${what}: ${values.map(({ value }) => words(value)).join(' / ')}`)
  return [row('!', `${marked.join(', ')} not comparable with ${groups[0]?.name ?? ''}: ${texts.join('; ')}`)]
}
