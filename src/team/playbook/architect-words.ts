import { formatCount, plural } from '../../core/format.ts'
import { PROBES } from '../../core/evaluation.ts'
import type { ProbeName } from '../../core/evaluation.ts'
import type { Brief } from '../../core/team.ts'
import { guessKind } from './architect-kind.ts'
import type { ImageKind } from './architect-kind.ts'
import type { Safety } from './craft.ts'
import { hasUpright } from './label-names.ts'
import { checkChange } from './label-safety.ts'

const KINDS: Readonly<Record<ImageKind, string>> = {
  digits: 'digits',
  letters: 'letters',
  text: 'writing',
  faces: 'faces',
  textures: 'textures or surfaces, in which no side has to be up',
  icons: 'icons, stamps or drawings',
  objects: 'single objects on a plain ground',
  photos: 'photos',
  pictures: 'pictures of a kind that the facts do not tell',
}
const CHANGES: Readonly<Record<ProbeName, string>> = {
  mirror: 'mirroring',
  'flip-vertical': 'flipping top to bottom',
  'rotate-90': 'quarter turns',
  'rotate-15': 'slight turns',
  shift: 'shifts',
  crop: 'windows cut from the picture',
  hue: 'other colours',
  grey: 'taking the colour out',
  brightness: 'other light',
  blur: 'blurring',
}
/** Changes after which another side is up. */
const STOOD_ON_END: readonly ProbeName[] = ['flip-vertical', 'rotate-90']
const COLOUR_CHANGES: readonly ProbeName[] = ['hue', 'grey']
/** Largest class over smallest from which classes count as uneven. */
const UNEVEN = 2
/** Images a class below which there are few, and from which there are many. */
const FEW = 50
const MANY = 1000
/** Widest picture over narrowest, by aspect, from which shapes differ. */
const ASPECTS_DIFFER = 1.2

/** What the Architect understood: kind of images, colour, sizes, classes, and what may and may not be done to them. */
export function understandingOf(brief: Brief): string {
  return [kindText(brief), shapeText(brief), classText(brief), permissionText(brief)].join('\n')
}

function kindText(brief: Brief): string {
  const { kind, because } = guessKind(brief)
  const told = brief.about === null ? '' : ` You say of them: ${brief.about.trim()}.`
  return `The images seem to be ${KINDS[kind]} (${because}).${told}`
}

function shapeText({ card, shape: [height, width], channels }: Brief): string {
  const { aspect } = card.sizes
  const isUniform = card.storedShape !== null
  const differ = aspect.max / Math.max(1e-6, aspect.min) >= ASPECTS_DIFFER
  const shapes = isUniform
    ? 'all'
    : `of different sizes${differ ? ` and shapes (aspect ${aspect.min.toFixed(1)} to ${aspect.max.toFixed(1)})` : ''}, typically`
  return `They are ${channels === 1 ? 'grey' : 'in colour'}, ${shapes} ${width} x ${height} px.`
}

function classText({ classes, classCounts, trainCount }: Brief): string {
  const [least, most] = [Math.min(...classCounts), Math.max(...classCounts)]
  const ratio = most / Math.max(1, least)
  const average = trainCount / Math.max(1, classes.length)
  const amount =
    average < FEW
      ? 'few images a class: they can be learnt by heart'
      : average >= MANY
        ? 'many images a class'
        : 'a fair number of images a class'
  const balance =
    ratio < UNEVEN
      ? 'evenly spread'
      : `unevenly spread: the largest class has ${formatCount(most)}, the smallest ${formatCount(least)}`
  return `${plural(trainCount, 'image')} to fit on in ${plural(classes.length, 'class', 'classes')}, ${balance}; ${amount}.`
}

/** What the names say before anything was trained; the rest is tried on dev images once there is a model. */
function permissionText(brief: Brief): string {
  const asked = PROBES.filter((probe) => brief.channels === 3 || !COLOUR_CHANGES.includes(probe))
  const verdicts = asked.map((probe) => ({ probe, ...verdictOf(probe, brief) }))
  const named = (wanted: string) => verdicts.filter(({ verdict }) => verdict === wanted).map(({ probe }) => CHANGES[probe])
  const refused = verdicts
    .filter(({ verdict }) => verdict === 'refused')
    .map(({ probe, finding }) => `${CHANGES[probe]} (${finding.split(':')[0]})`)
  const lines = [
    ...(refused.length > 0 ? [`Not to be done: ${refused.join(', ')}.`] : []),
    ...(named('doubtful').length > 0 ? [`Only after a look at what the model makes of it: ${named('doubtful').join(', ')}.`] : []),
    ...(named('unknown').length > 0
      ? [`Nothing said speaks against: ${named('unknown').join(', ')}; checked on dev images before it is trained on.`]
      : []),
  ]
  return lines.join(' ')
}

function verdictOf(probe: ProbeName, brief: Brief): Safety {
  const found = checkChange(probe, { brief, evidence: null })
  const isOnEnd = STOOD_ON_END.includes(probe) && found.verdict === 'unknown' && hasUpright(brief)
  return isOnEnd ? { verdict: 'refused', finding: 'these have a side that is up' } : found
}
