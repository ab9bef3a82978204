import { chooseDefaultPipeline } from '../../core/default-pipeline.ts'
import type { Brief } from '../../core/team.ts'
import { photoData, smallData } from './data-design.ts'
import type { DataDesign, Size } from './data-design.ts'
import { lookAtNames } from './label-names.ts'

/** Passes over the training pictures, of a net of the reference's cost, from which a training is long enough for stronger changes. */
const LONG = { tiny: 10, scratch: 30 } as const
const REFERENCE_PIXELS = 28 * 28

/** The data design to start from: by the stored size of the pictures, the seconds, and what the names say about mirrors. */
export function defaultData(brief: Brief): DataDesign {
  const { referenceSpeed } = brief.machine
  const { name, imageSize } = chooseDefaultPipeline({ ...brief, referenceSpeed })
  const isLong = passes(brief, name === 'tiny' ? square(imageSize) : imageSize) >= LONG[name]
  const start = { imageSize, isLong, mirrors: lookAtNames('mirror', brief) === null }
  return name === 'tiny' ? smallData(start) : photoData(start)
}

function square(size: Size): Size {
  const side = Math.min(...size)
  return [side, side]
}

function passes({ trainSeconds, trainCount, machine }: Brief, [height, width]: Size): number {
  return (trainSeconds * machine.referenceSpeed * REFERENCE_PIXELS) / (height * width) / Math.max(1, trainCount)
}
