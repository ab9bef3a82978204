import type { Affine, DataDesign } from './data-design.ts'
import { dataMove } from './moves-data-change.ts'
import type { DataFacts } from './moves-data-change.ts'
import type { Move } from './move.ts'

const NO_CHANGE: Affine = { degrees: 0, zoom: 1, shear: 0 }
/** Largest share of the side that a shift may have. */
const MOST_SHIFT = 1 / 6
/** Most degrees of a turn that is not a quarter. */
const MOST_DEGREES = 30
/** A fully random window needs passes enough to show each picture in several ways. */
const WINDOW_PASSES = 8

const share = (part: number, { side }: DataFacts) => Math.max(1, Math.round(part * side))
const affine = (design: DataDesign, change: Partial<Affine>) => ({ affine: { ...(design.affine ?? NO_CHANGE), ...change } })

/** Where things lie: mirrors, shifts, turns, sizes, windows. */
export const GEOMETRY_MOVES: readonly Move<DataDesign>[] = [
  dataMove({
    name: 'mirror',
    kind: 'augment-geometry',
    title: 'mirror half of the training pictures, and average predictions over mirrored views',
    why: 'a mirrored picture is a new picture of the same thing, at no cost',
    helps: { overfitting: 0.6, confusion: 0.1, undertrained: -0.2 },
    prior: 0.5,
    labelRisk: 'mirror',
    reason: 'mirror',
    change: ({ mirror, views }) => (mirror > 0 ? null : { mirror: 0.5, views: { ...views, mirror: true } }),
  }),
  dataMove({
    name: 'shift',
    kind: 'augment-geometry',
    title: 'shift training pictures by up to a fourteenth of the side, black coming in',
    why: 'an object means the same a little further on',
    helps: { overfitting: 0.5, undertrained: -0.3 },
    prior: 0.3,
    labelRisk: 'shift',
    reason: 'shift',
    change: ({ shift, window }, facts) =>
      shift !== null || window !== null ? null : { shift: { pixels: share(1 / 14, facts), fill: 'zero' } },
  }),
  dataMove({
    name: 'shift-further',
    kind: 'augment-geometry',
    title: 'shift training pictures twice as far',
    why: 'longer trainings see every small shift; larger ones are news',
    helps: { overfitting: 0.4, undertrained: -0.4 },
    prior: 0,
    labelRisk: 'shift',
    reason: 'shift',
    change: ({ shift }, { side }) =>
      shift === null || shift.pixels * 2 > MOST_SHIFT * side ? null : { shift: { ...shift, pixels: shift.pixels * 2 } },
  }),
  dataMove({
    name: 'shift-fill',
    kind: 'augment-geometry',
    title: 'fill what a shift uncovers with the mirrored edge in place of black',
    why: 'a black rim is a mark that no picture at prediction has',
    helps: { confusion: 0.1 },
    prior: 0.05,
    reason: 'shift',
    change: ({ shift }) => (shift?.fill !== 'zero' ? null : { shift: { ...shift, fill: 'reflect' } }),
  }),
  dataMove({
    name: 'turn',
    kind: 'augment-geometry',
    title: 'turn training pictures by up to 10 degrees',
    why: 'nothing stands perfectly upright',
    helps: { overfitting: 0.5, undertrained: -0.3, underfitting: -0.2 },
    prior: 0.1,
    labelRisk: 'rotate-15',
    reason: 'affine',
    change: (design) => ((design.affine?.degrees ?? 0) > 0 || design.quarterTurns ? null : affine(design, { degrees: 10 })),
  }),
  dataMove({
    name: 'turn-further',
    kind: 'augment-geometry',
    title: 'turn training pictures twice as far',
    why: 'they are learnt by heart in spite of small turns',
    helps: { overfitting: 0.4, undertrained: -0.3 },
    prior: -0.05,
    labelRisk: 'rotate-15',
    reason: 'affine',
    change: (design) => {
      const degrees = design.affine?.degrees ?? 0
      return degrees === 0 || degrees * 2 > MOST_DEGREES ? null : affine(design, { degrees: degrees * 2 })
    },
  }),
  dataMove({
    name: 'zoom',
    kind: 'augment-geometry',
    title: 'enlarge or shrink training pictures by up to 15 %',
    why: 'things are not always equally near',
    helps: { overfitting: 0.4, undertrained: -0.2 },
    prior: 0.1,
    labelRisk: 'crop',
    reason: 'affine',
    change: (design) => ((design.affine?.zoom ?? 1) > 1 || design.window !== null ? null : affine(design, { zoom: 1.15 })),
  }),
  dataMove({
    name: 'shear',
    kind: 'augment-geometry',
    title: 'shear training pictures by up to 8 degrees',
    why: 'a view from the side slants what it sees',
    helps: { overfitting: 0.3, undertrained: -0.2 },
    prior: 0,
    labelRisk: 'rotate-15',
    reason: 'affine',
    change: (design) => ((design.affine?.shear ?? 0) > 0 ? null : affine(design, { shear: 8 })),
  }),
  dataMove({
    name: 'vertical-flip',
    kind: 'augment-orientation',
    title: 'flip half of the training pictures top to bottom',
    why: 'no side of these pictures is up',
    helps: { overfitting: 0.5, undertrained: -0.3 },
    prior: 0,
    labelRisk: 'flip-vertical',
    reason: 'verticalFlip',
    change: ({ verticalFlip }, { mayBeTurned }) => (verticalFlip > 0 || !mayBeTurned ? null : { verticalFlip: 0.5 }),
  }),
  dataMove({
    name: 'quarter-turns',
    kind: 'augment-orientation',
    title: 'turn training pictures by random quarters',
    why: 'no side of these pictures is up',
    helps: { overfitting: 0.6, undertrained: -0.4 },
    prior: 0,
    labelRisk: 'rotate-90',
    reason: 'quarterTurns',
    change: ({ quarterTurns, imageSize: [height, width] }, { mayBeTurned }) =>
      quarterTurns || height !== width || !mayBeTurned ? null : { quarterTurns: true },
  }),
  dataMove({
    name: 'window',
    kind: 'augment-window',
    title: 'train on random windows of at least 60 % of each picture, in place of shifts',
    why: 'what counts is seen at several sizes and places',
    helps: { overfitting: 0.6, undertrained: -0.4, underfitting: -0.3 },
    prior: 0.1,
    labelRisk: 'crop',
    reason: 'window',
    change: (design, { passes }) =>
      design.window !== null || passes < WINDOW_PASSES ? null : { window: { area: 0.6, aspect: 1.25 }, shift: null },
  }),
  dataMove({
    name: 'window-smaller',
    kind: 'augment-window',
    title: 'train on smaller windows, down to 35 % of each picture',
    why: 'parts of an object have to do as well',
    helps: { overfitting: 0.5, undertrained: -0.4, underfitting: -0.3 },
    prior: 0,
    labelRisk: 'crop',
    reason: 'window',
    change: ({ window }) => (window === null || window.area <= 0.35 ? null : { window: { ...window, area: 0.35 } }),
  }),
]
