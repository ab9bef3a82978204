import type { Brief } from '../../core/team.ts'
import { hasNoUp } from './label-names.ts'

export const IMAGE_KINDS = ['digits', 'letters', 'text', 'faces', 'textures', 'icons', 'objects', 'photos', 'pictures'] as const
export type ImageKind = (typeof IMAGE_KINDS)[number]

/** What kind of images these seem to be, and what says so; a guess that decides nothing by itself. */
export type KindGuess = { readonly kind: ImageKind; readonly because: string }

const WORDS: Readonly<Partial<Record<ImageKind, string>>> = {
  digits: 'digit digits mnist svhn numeral numerals number numbers',
  letters: 'letter letters alphabet emnist kana hiragana katakana',
  text: 'text handwriting handwritten script glyph glyphs characters words signature signatures',
  faces: 'face faces portrait portraits selfie selfies',
  textures:
    'texture textures fabric fabrics textile textiles surface surfaces tissue histology bark leather marble grain weave knit',
  icons: 'icon icons emoji emojis stamp stamps logo logos clipart drawing drawings sketch sketches symbol symbols cartoon cartoons',
  objects: 'mnist fashion product products catalogue catalog clothes clothing part parts shoe shoes',
  photos:
    'photo photos photograph photographs scene scenes flower flowers plant plants animal animals bird birds dog dogs cat cats food car cars',
}
/** In this order: what is read has one right way up, which matters most. */
const BY_WORDS = ['digits', 'letters', 'text', 'faces', 'textures', 'icons', 'objects', 'photos'] as const
const DIGIT_CLASSES = 8
const LETTER_CLASSES = 10
/** Mean brightness (0..1) beyond which most of a picture is a plain ground. */
const DARK_GROUND = 0.33
const BRIGHT_GROUND = 0.75
/** A short side in pixels from which a colour picture in a camera's format is taken for a photo. */
const PHOTO_SIDE = 64

export function guessKind(brief: Brief): KindGuess {
  return byClassNames(brief) ?? byWords(brief) ?? byPixels(brief)
}

function byClassNames({ classes }: Brief): KindGuess | null {
  const single = classes.map((name) => name.trim().toLowerCase())
  if (single.filter((name) => /^\d$/.test(name)).length >= DIGIT_CLASSES)
    return { kind: 'digits', because: 'the classes are named 0 to 9' }
  const isLetters = single.filter((name) => /^\p{L}$/u.test(name)).length >= LETTER_CLASSES
  return isLetters ? { kind: 'letters', because: 'the classes are named by single letters' } : null
}

/** What the user said counts before the data set's name, the name before the classes. */
function byWords(brief: Brief): KindGuess | null {
  const sources = [
    { where: 'you said', text: brief.about ?? '' },
    { where: 'the data set is named', text: brief.card.name },
    { where: 'a class is named', text: brief.classes.join(' ') },
  ]
  for (const { where, text } of sources) {
    const said = new Set(text.toLowerCase().split(/[^\p{L}\p{N}]+/u))
    for (const kind of BY_WORDS) {
      const word = WORDS[kind]?.split(' ').find((one) => said.has(one))
      if (word !== undefined) return { kind, because: `${where} "${word}"` }
    }
  }
  return hasNoUp(brief) ? { kind: 'textures', because: 'the names speak of pictures without a side that is up' } : null
}

function byPixels({ card, channels, shape }: Brief): KindGuess {
  const brightness = card.mean.reduce((total, value) => total + value, 0) / Math.max(1, card.mean.length)
  const ground = `the mean brightness is ${brightness.toFixed(2)}`
  if (brightness > BRIGHT_GROUND)
    return { kind: channels === 3 ? 'icons' : 'objects', because: `${ground}: most of it is a bright ground` }
  if (channels === 1 && brightness < DARK_GROUND) return { kind: 'objects', because: `${ground}: most of it is a dark ground` }
  const isCamera = Object.keys(card.formats).some((format) => /jpe?g|webp|heic/i.test(format))
  if (isCamera && Math.min(...shape) > PHOTO_SIDE)
    return { kind: 'photos', because: 'they are large and in a format that cameras write' }
  return { kind: 'pictures', because: 'neither names nor brightness say more' }
}
