import { UsageError } from '../core/errors.ts'
import type { RunOptions } from './write-spec.ts'

/** Rejections in a row that no run reaches: where the number of proposals alone ends it. */
const NO_PLATEAU = 10_000
/** Iterations of the paper's protocol. */
const PAPER_TRIALS = 20

/** What presets and strategies mean for the other options. */
export function applyPresets(options: RunOptions): RunOptions {
  if (options.bestOf !== undefined && options.strategy !== 'zero-shot')
    throw new UsageError(`--best-of ${options.bestOf} is for --strategy zero-shot`, { fix: 'leave it away, or give --trials' })
  if (options.strategy === 'zero-shot') return zeroShot(options)
  return options.preset === 'paper' ? paper(options) : options
}

/** The paper's protocol: 20 iterations, whatever scores higher is kept, a crash counts and is not mended, the past is summed up in words. */
function paper(options: RunOptions): RunOptions {
  const historian = options.llm === undefined ? {} : { historian: true as const }
  return { ...options, ...historian, trials: options.trials ?? PAPER_TRIALS, keep: 'paper', repairs: 0, patience: NO_PLATEAU }
}

/** Independent answers, of which the best on val is taken; nothing is mended, since nobody looks at what came of an answer. */
function zeroShot(options: RunOptions): RunOptions {
  if (options.trials !== undefined)
    throw new UsageError('--strategy zero-shot has no loop: --trials means nothing to it', { fix: 'give --best-of K' })
  return { ...options, trials: (options.bestOf ?? 1) - 1, keep: 'paper', repairs: 0, patience: NO_PLATEAU }
}
