import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Pipeline } from '../core/pipeline.ts'

/** What lies where in the folder of an evaluation. */
export const evaluationLayout = {
  code: (folder: string) => join(folder, 'pipeline'),
  weights: (folder: string, training: string) => join(folder, `weights-${training}.safetensors`),
  predictions: (folder: string) => join(folder, 'predictions'),
  /** Label, predicted class and log loss of each image. */
  perImage: (folder: string, split: 'val' | 'test') => join(folder, 'predictions', `${split}.per-image.f32`),
  log: (folder: string) => join(folder, 'train.log'),
}

/** Writes the three files below `folder`. */
export async function writePipeline(folder: string, pipeline: Pipeline): Promise<void> {
  const code = evaluationLayout.code(folder)
  await mkdir(code, { recursive: true })
  for (const component of COMPONENTS) await writeFile(join(code, `${component}.py`), pipeline[component])
}

/** Adds what a process printed to the log of the evaluation. */
export async function appendLog(folder: string, title: string, text: string): Promise<void> {
  if (text.trim() !== '') await appendFile(evaluationLayout.log(folder), `== ${title}\n${text.trimEnd()}\n`)
}
