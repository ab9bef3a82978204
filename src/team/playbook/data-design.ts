/** Everything that a `data.py` of this team may say; plain data that `renderData` writes out as Python. Off is null, 0 or false. */
export type DataDesign = {
  /** Height and width in pixels of what the model sees. */
  readonly imageSize: Size
  /** How whole pictures of another shape get there. */
  readonly fit: 'squash' | 'pad' | 'crop'
  /** A window of its own from each training picture, in place of the whole one. */
  readonly window: Window | null
  readonly shift: Shift | null
  /** Share of training pictures that are mirrored left to right; 0 for none. */
  readonly mirror: number
  /** Share of training pictures that are flipped top to bottom; 0 for none. */
  readonly verticalFlip: number
  /** Whether training pictures are turned by 0, 90, 180 or 270 degrees. */
  readonly quarterTurns: boolean
  readonly affine: Affine | null
  /** One operation of a list for each training picture. */
  readonly policy: Policy | null
  readonly colour: Colour | null
  /** Share of training pictures that lose their colour; 0 for none. */
  readonly greyShare: number
  readonly blur: Blur | null
  /** Largest standard deviation of the noise, of 255; 0 for none. */
  readonly noise: number
  readonly normalisation: 'dataset' | 'per-image' | 'stretch'
  readonly cutout: Cutout | null
  /** Alpha of the Beta distribution that pictures are blended by; 0 for none. */
  readonly mixup: number
  /** Share of pictures that get a box of another; 0 for none. */
  readonly cutmix: number
  /** How often images of small classes are drawn. */
  readonly sampling: 'none' | 'sqrt' | 'balanced'
  /** What predictions are averaged over, beside the picture as it is. */
  readonly views: Views
  readonly why: Reasons
}

/** The reason that the rendered comment gives for a choice: a clause in lower case, without a full stop. */
export type Reasons = Readonly<Partial<Record<Exclude<keyof DataDesign, 'why'>, string>>>

/** Height and width in pixels. */
export type Size = readonly [number, number]

/** `area` is the least share of the picture that a window has, `aspect` the most that its aspect is off (1.25: by a quarter). */
export type Window = { readonly area: number; readonly aspect: number }
export type Shift = { readonly pixels: number; readonly fill: 'zero' | 'reflect' | 'replicate' }
/** To either side: degrees, a factor of `zoom` (1 for none), degrees. */
export type Affine = { readonly degrees: number; readonly zoom: number; readonly shear: number }
/** `strength` 0..1 of what the operations can do. */
export type Policy = { readonly operations: readonly PolicyOperation[]; readonly strength: number }
/** Factors are 1 ± the number; `hue` is a share of the circle of colours. */
export type Colour = { readonly brightness: number; readonly contrast: number; readonly saturation: number; readonly hue: number }
export type Blur = { readonly share: number; readonly sigma: number }
/** `count` squares of `size` pixels. */
export type Cutout = { readonly size: number; readonly count: number }
export type Views = { readonly mirror: boolean; readonly shiftPixels: number; readonly zooms: readonly number[] }

/** Names of `ops.POLICY_OPERATIONS`. */
export type PolicyOperation = 'identity' | GeometricOperation | ToneOperation
type GeometricOperation = 'rotate' | 'shear' | 'translate'
type ToneOperation = 'brightness' | 'contrast' | 'saturation' | 'sharpness' | 'posterize' | 'solarize' | 'autocontrast'

/** Pixels of a side in which pictures of 28 px are shifted by one. */
const SIDE_A_PIXEL = 28
/** Share of the side that a cutout has. */
export const CUTOUT_SHARE = 1 / 4

/** Whole pictures, nothing changed. */
export function plainData(imageSize: Size): DataDesign {
  return {
    imageSize,
    fit: 'squash',
    window: null,
    shift: null,
    mirror: 0,
    verticalFlip: 0,
    quarterTurns: false,
    affine: null,
    policy: null,
    colour: null,
    greyShare: 0,
    blur: null,
    noise: 0,
    normalisation: 'dataset',
    cutout: null,
    mixup: 0,
    cutmix: 0,
    sampling: 'none',
    views: { mirror: false, shiftPixels: 0, zooms: [] },
    why: {},
  }
}

/** What a starting design depends on. `isLong`: passes enough that the pictures could be learnt by heart. */
export type DataStart = {
  readonly imageSize: Size
  readonly isLong: boolean
  /** Passes so few that changes only stand in the way; no when left out. */
  readonly isBrief?: boolean
  readonly mirrors: boolean
}

/** For pictures of up to 64 px: shift, mirror, in long trainings a hole. */
export function smallData(start: DataStart): DataDesign {
  const side = Math.min(...start.imageSize)
  const pixels = Math.max(1, Math.round((side / SIDE_A_PIXEL) * (start.isLong ? 2 : 1)))
  const shift = { pixels, fill: 'zero' } as const
  return { ...plainData(start.imageSize), shift, ...mirrored(start), cutout: hole(start) }
}

/** For photos and scans above 64 px: a window, mirror, a slight turn, in long trainings a hole; in brief ones a mirror alone. */
export function photoData(start: DataStart): DataDesign {
  if (start.isBrief) return { ...plainData(start.imageSize), ...mirrored(start) }
  const window = { area: 0.5, aspect: 1.25 }
  const affine = { degrees: 10, zoom: 1, shear: 0 }
  return { ...plainData(start.imageSize), window, ...mirrored(start), affine, cutout: hole(start) }
}

/** The design at another size: what is counted in pixels keeps its share of the side. */
export function atSize(design: DataDesign, imageSize: Size): DataDesign {
  const factor = Math.min(...imageSize) / Math.min(...design.imageSize)
  const scaled = (pixels: number) => (pixels === 0 ? 0 : Math.max(1, Math.round(pixels * factor)))
  const { shift, cutout, views } = design
  return {
    ...design,
    imageSize,
    shift: shift === null ? null : { ...shift, pixels: scaled(shift.pixels) },
    cutout: cutout === null ? null : { ...cutout, size: scaled(cutout.size) },
    views: { ...views, shiftPixels: scaled(views.shiftPixels) },
  }
}

/** Squares of a quarter of the side. */
export function hole({ imageSize, isLong }: Pick<DataStart, 'imageSize' | 'isLong'>): Cutout | null {
  return isLong ? { size: Math.max(1, Math.round(CUTOUT_SHARE * Math.min(...imageSize))), count: 1 } : null
}

function mirrored({ mirrors }: DataStart): Pick<DataDesign, 'mirror' | 'views'> {
  return { mirror: mirrors ? 0.5 : 0, views: { mirror: mirrors, shiftPixels: 0, zooms: [] } }
}
