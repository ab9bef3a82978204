import { formatCount, plural, secondsLeft } from '../core/format.ts'
import { cacheFolder } from '../files/cache-folder.ts'
import { classify, isOwnPipeline, readBundle } from '../harness/index.ts'
import type { Bundle, Classified } from '../harness/index.ts'
import { makeAnswerText } from './answer-text.ts'
import type { Format } from './answer-text.ts'
import { composeParts } from './compose.ts'
import type { Context } from './context.ts'
import { classifierError } from './failure-text.ts'
import { findBundle } from './find-bundle.ts'
import { findPictures } from './find-pictures.ts'
import type { FoundPictures } from './find-pictures.ts'
import { showLeft, withProgress } from './terminal.ts'
import type { Terminal } from './terminal.ts'

export type PredictOptions = {
  /** The folder of a classifier, a run or a try. */
  readonly classifier: string
  readonly pictures: readonly string[]
  readonly topK: number
  readonly format: Format
  readonly unsafeNoSandbox?: true | undefined
}

/** Lines that are written at once. */
const BLOCK_LINES = 1000

/** `improve predict`: classifies pictures with a trained classifier; true unless none of them could be read. */
export async function runPredict(options: PredictOptions, context: Context): Promise<boolean> {
  const { terminal } = context
  const bundle = await readBundle(findBundle(options.classifier, terminal.cwd))
  const found = findPictures(options.pictures, terminal.cwd)
  const isOwn = await isOwnPipeline(cacheFolder(), bundle.facts.files)
  const parts = await composeParts(context, options.unsafeNoSandbox ? 'accepted' : isOwn ? 'own-code' : 'refuse')
  const { classified, refusedCount } = await classifyAll(bundle, found, options, { ...context, python: parts.python })
  tellWhatWasLost(found, classified, refusedCount, terminal)
  return refusedCount < found.files.length
}

type Surroundings = Context & { readonly python: Parameters<typeof classify>[1] }

async function classifyAll(
  bundle: Bundle,
  { files }: FoundPictures,
  { topK, format }: PredictOptions,
  { terminal, signal, python }: Surroundings,
): Promise<{ classified: Classified; refusedCount: number }> {
  const { classes } = bundle.facts
  const text = makeAnswerText(
    format,
    classes,
    Math.min(topK, classes.length),
    files.map((file) => file.name),
  )
  const lines: string[] = text.head === null ? [] : [text.head]
  const flush = () => {
    if (lines.length > 0) terminal.print(lines.splice(0).join('\n'))
  }
  let done = 0
  let refusedCount = 0
  const classified = await withProgress(
    terminal,
    (elapsed) => describe(done, files.length, elapsed),
    () =>
      classify(
        {
          bundle,
          files: files.map((file) => file.path),
          onProgress: (count) => (done = count),
          onAnswer: (answer, row) => {
            if (answer.status === 'refused') refusedCount++
            lines.push(text.line(files[row]?.name ?? '', answer))
            if (lines.length >= BLOCK_LINES) flush()
          },
        },
        python,
        signal,
      ),
  )
  if (classified.status === 'failed') throw classifierError(classified)
  flush()
  return { classified, refusedCount }
}

function describe(done: number, total: number, elapsed: number): string | null {
  if (done === 0) return elapsed < 1 ? null : 'starting the classifier'
  return `classifying pictures: ${formatCount(done)} of ${formatCount(total)}${showLeft(secondsLeft(done / total, elapsed))}`
}

/** What the reader of the answers should know, one line each. */
function tellWhatWasLost(
  { files, others, locked }: FoundPictures,
  classified: Classified,
  refused: number,
  { note }: Terminal,
): void {
  const { greyed, squashed } = classified
  if (others > 0) note(`note: ${plural(others, 'file')} in the folders left out, no pictures by name and first bytes`)
  for (const folder of locked) note(`note: the folder ${folder} may not be read by you and was left out`)
  if (greyed > 0)
    note(`note: ${plural(greyed, 'picture')} in colour; this classifier learnt from grey pictures and does not see colour`)
  if (squashed > 0)
    note(`note: ${plural(squashed, 'picture')} squashed to the one shape of the pictures that this classifier learnt from`)
  if (refused === files.length)
    note(
      refused === 1 ? 'error: the picture could not be read' : `error: none of the ${formatCount(refused)} pictures could be read`,
    )
  else if (refused > 0) note(`note: ${plural(refused, 'picture')} of ${formatCount(files.length)} could not be read`)
}
