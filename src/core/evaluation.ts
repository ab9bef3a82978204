/**
 * What `score` wrote of each image of `val`, in a fixed order: two evaluations over the same parts list the same images. Never told to
 * a role; the keep rule compares pipelines with it.
 */
export type ImageResults = {
  /** The parts of the dataset in the order in which their images are listed. */
  readonly parts: readonly string[]
  /** Class numbers, one an image. */
  readonly labels: Int32Array
  readonly predicted: Int32Array
  /** Natural-log loss of each image. */
  readonly losses: Float32Array
  /** [n, C] row by row; null where the metric does not need it. */
  readonly logits: Float32Array | null
  readonly classCount: number
}

/** One look at training and dev images while training; what the training process says of itself. */
export type CurvePoint = {
  /** 0..1 of the steps. */
  readonly fraction: number
  /** Mean training loss since the last point. */
  readonly runningLoss: number | null
  readonly trainAccuracy: number | null
  readonly devAccuracy: number | null
  readonly trainLoss: number | null
  readonly devLoss: number | null
}

/** What the finished model does on all dev images: for diagnosis, never for a decision. */
export type DevReport = {
  readonly n: number
  readonly right: number
  readonly loss: number
  /** Of each class: dev images, and how many were right. */
  readonly perClass: readonly { readonly count: number; readonly right: number }[]
  /** Largest off-diagonal cells: [true class, predicted class, count]. */
  readonly confusions: readonly (readonly [number, number, number])[]
  /** The same images after a change of the picture: how many are still right, and what share is told the same class as before. */
  readonly probes: Readonly<Record<ProbeName, Probe>> | null
}

/** Changes of a picture that may or may not change what it means. */
export const PROBES = [
  'mirror',
  'flip-vertical',
  'rotate-90',
  'rotate-15',
  'shift',
  'crop',
  'hue',
  'grey',
  'brightness',
  'blur',
] as const
export type ProbeName = (typeof PROBES)[number]
/** `confidence` is the mean top probability of the pictures that became wrong; 0..1. */
export type Probe = { readonly n: number; readonly right: number; readonly same: number; readonly confidence: number }
