import type { Card } from '../core/card.ts'
import { classCounts, foldsOfEvaluation, valCount } from '../core/dataset.ts'
import { plainClassNames } from '../core/names.ts'
import type { MetricName } from '../core/outcome.ts'
import { shareOfTraining } from '../core/rounds.ts'
import type { Brief } from '../core/team.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { infoOf } from '../harness/index.ts'
import type { Machine } from '../harness/index.ts'

export type BriefFacts = {
  readonly dataset: StagedDataset
  readonly card: Card
  readonly about: string | null
  readonly metric: MetricName
  /** Wall seconds of training in one evaluation, all folds together. */
  readonly trainSeconds: number
  readonly machine: Machine
  /** Cores that trainings may share out. */
  readonly cores: number
  readonly seed: number
}

/** What the Architect is told: facts of the images that may be learnt from, the machine, and the seconds of one training. */
export async function makeBrief(known: BriefFacts): Promise<Brief> {
  const { dataset, card, about, metric, seed } = known
  const { facts } = dataset
  const folds = foldsOfEvaluation(facts)
  const parts = folds[0]?.train ?? []
  const { trainSeconds, machine } = shareOfTraining(known.trainSeconds, folds.length, known.machine, known.cores)
  const info = await infoOf(dataset, parts, 0, trainSeconds, machine)
  const { device, threads, dtype, referenceSpeed } = machine
  return {
    card,
    about,
    metric,
    shape: info.typicalShape,
    channels: facts.channels,
    classes: plainClassNames(facts.classes),
    classCounts: classCounts(facts, parts),
    trainCount: info.trainCount,
    valCount: valCount(facts),
    trainSeconds,
    machine: { device, threads, dtype, referenceSpeed },
    seed,
  }
}
