import type { ProbeName } from '../../core/evaluation.ts'
import type { Brief } from '../../core/team.ts'

/** What the names say about a change: `refused` is sure, `suspect` leaves it to the pictures. */
export type NameFinding = { readonly verdict: 'refused' | 'suspect'; readonly finding: string }

const DIGIT_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const COLOURS = 'red green blue yellow orange purple violet pink brown black white grey gray golden silver ripe unripe'.split(' ')
const WRITING = [
  'digit',
  'digits',
  'letter',
  'letters',
  'handwriting',
  'handwritten',
  'alphabet',
  'glyph',
  'glyphs',
  'characters',
  'text',
]
const FACES = ['face', 'faces', 'portrait', 'portraits', 'people', 'person', 'persons']
/** Pictures with no side that is up. */
const NO_UP = (
  'cell cells tissue histology pathology microscopy satellite aerial remote texture textures fabric textile textiles wood ' +
  'surface surfaces crystal crystals galaxy galaxies plankton pollen bacteria mineral minerals tile tiles steel lesion lesions'
).split(' ')
/** Pairs of words that a change of the picture would swap. */
const SWAPPED: Readonly<Partial<Record<ProbeName, readonly (readonly [string, string])[]>>> = {
  mirror: [
    ['left', 'right'],
    ['clockwise', 'counterclockwise'],
    ['clockwise', 'anticlockwise'],
    ['east', 'west'],
  ],
  'flip-vertical': [
    ['up', 'down'],
    ['upward', 'downward'],
    ['top', 'bottom'],
    ['north', 'south'],
    ['clockwise', 'counterclockwise'],
    ['clockwise', 'anticlockwise'],
  ],
  'rotate-90': [
    ['up', 'down'],
    ['left', 'right'],
    ['top', 'bottom'],
    ['north', 'south'],
    ['east', 'west'],
    ['horizontal', 'vertical'],
    ['landscape', 'portrait'],
  ],
  brightness: [
    ['light', 'dark'],
    ['day', 'night'],
    ['bright', 'dim'],
  ],
  blur: [
    ['sharp', 'blurred'],
    ['sharp', 'blurry'],
  ],
}
const TURNS: readonly ProbeName[] = ['mirror', 'flip-vertical', 'rotate-90']
const LEAST_LETTERS = 10
const LEAST_DIGIT_WORDS = 5

/** What class names and the user's words say against a change of the pictures; null where they say nothing. */
export function lookAtNames(probe: ProbeName, brief: Brief): NameFinding | null {
  return swapped(probe, brief) ?? writing(probe, brief) ?? colours(probe, brief)
}

/** Whether pictures have a side that has to be up: writing and faces do. */
export function hasUpright(brief: Brief): boolean {
  return lookAtNames('rotate-90', brief) !== null || mentioned(FACES, brief).length > 0
}

/** Whether the names speak of pictures that have no side that is up. */
export function hasNoUp(brief: Brief): boolean {
  return !hasUpright(brief) && mentioned(NO_UP, brief).length > 0
}

function swapped(probe: ProbeName, { classes }: Brief): NameFinding | null {
  const words = new Set(classes.flatMap(wordsOf))
  const pair = SWAPPED[probe]?.find(([one, other]) => words.has(one) && words.has(other))
  return pair === undefined ? null : { verdict: 'refused', finding: `classes are told apart by "${pair[0]}" and "${pair[1]}"` }
}

function writing(probe: ProbeName, brief: Brief): NameFinding | null {
  if (!TURNS.includes(probe)) return null
  const names = brief.classes.map((name) => name.toLowerCase())
  const said = mentioned(WRITING, brief)[0]
  if (said !== undefined)
    return { verdict: 'refused', finding: `the names speak of "${said}", and writing is read in one direction` }
  if (names.filter((name) => /^[a-z]$/.test(name)).length >= LEAST_LETTERS)
    return { verdict: 'refused', finding: 'the classes are letters, which are read in one direction' }
  if (names.filter((name) => DIGIT_WORDS.includes(name)).length >= LEAST_DIGIT_WORDS)
    return { verdict: 'refused', finding: 'the classes are digits, which are read in one direction' }
  const areNumerals = DIGIT_WORDS.every((_, digit) => names.includes(String(digit)))
  return areNumerals ? { verdict: 'suspect', finding: 'the classes are named 0 to 9 and may be digits' } : null
}

function colours(probe: ProbeName, { classes }: Brief): NameFinding | null {
  if (probe !== 'hue' && probe !== 'grey') return null
  const found = [...new Set(classes.flatMap(wordsOf).filter((word) => COLOURS.includes(word)))]
  if (found.length < 2) return null
  return { verdict: 'refused', finding: `classes are told apart by the colour: "${found[0]}" and "${found[1]}"` }
}

function mentioned(words: readonly string[], { card, about, classes }: Brief): string[] {
  const spoken = [card.name, about ?? '', ...classes].flatMap(wordsOf)
  return spoken.filter((word) => words.includes(word))
}

/** "ORL_faces" -> ["orl", "faces"], "turnLeft" -> ["turn", "left"]. */
function wordsOf(text: string): string[] {
  const spaced = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase()
  return spaced.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
}
