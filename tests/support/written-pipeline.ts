import { join } from 'node:path'
import type { Pipeline } from '../../src/core/pipeline.ts'
import { readPipelineFolder } from '../../src/harness/index.ts'

/** A pipeline that was written by hand, its input set to `imageSize` ([height, width] in pixels). */
export async function readWrittenPipeline(name: 'tiny' | 'scratch', imageSize: readonly [number, number]): Promise<Pipeline> {
  const folder = join(import.meta.dirname, '..', '..', 'harness', 'tests', 'pipelines', name)
  const pipeline = await readPipelineFolder(folder)
  return { ...pipeline, data: withImageSize(pipeline.data, imageSize) }
}

function withImageSize(source: string, [height, width]: readonly [number, number]): string {
  return source.replace(/^IMAGE_SIZE = \d+/m, `IMAGE_SIZE = ${height === width ? height : `(${height}, ${width})`}`)
}
