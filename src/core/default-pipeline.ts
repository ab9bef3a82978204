export type DefaultPipelineName = 'tiny' | 'scratch'

export type DefaultPipeline = { readonly name: DefaultPipelineName; readonly reason: string }

/** Up to this short side an image is small enough for a network without early downsampling. */
const TINY_EDGE = 64

/** The pipeline to start from, by the stored size of the images: `shape` is the typical [height, width] in pixels. */
export function chooseDefaultPipeline(shape: readonly [number, number]): DefaultPipeline {
  const shortSide = Math.min(...shape)
  const size = `images are stored with a short side of ${shortSide} px`
  return shortSide <= TINY_EDGE
    ? { name: 'tiny', reason: `${size}, at most ${TINY_EDGE}` }
    : { name: 'scratch', reason: `${size}, above ${TINY_EDGE}` }
}
