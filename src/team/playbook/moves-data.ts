import type { DataDesign } from './data-design.ts'
import { GEOMETRY_MOVES } from './moves-data-geometry.ts'
import { HIDING_MOVES } from './moves-data-hiding.ts'
import { INPUT_MOVES } from './moves-data-input.ts'
import { STRENGTH_MOVES } from './moves-data-strength.ts'
import { TONE_MOVES } from './moves-data-tone.ts'
import type { Move } from './move.ts'

/** The Data Engineer's catalogue. */
export const DATA_MOVES: readonly Move<DataDesign>[] = [
  ...GEOMETRY_MOVES,
  ...TONE_MOVES,
  ...HIDING_MOVES,
  ...INPUT_MOVES,
  ...STRENGTH_MOVES,
]
