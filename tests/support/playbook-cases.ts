import type { Brief, Evidence, Memos } from '../../src/core/team.ts'
import { designBlueprint, designPlainBlueprint } from '../../src/team/playbook/architect.ts'
import { makeCrafts } from '../../src/team/playbook/team.ts'
import { briefOf, evidenceOf } from './playbook-evidence.ts'
import type { Fit } from './playbook-evidence.ts'

/** What a run may look like after its baseline: the figures of one training each, with what a practitioner would see in them. */
export type Case = { readonly name: string; readonly fit: Fit; readonly facts?: Partial<Brief>; readonly isPlain?: boolean }

const TWENTY = Array.from({ length: 20 }, (_, index) => `s${index + 1}`)
const UNEVEN = [1400, 900, 600, 300, 120, 60, 40, 30]

export const CASES: readonly Case[] = [
  {
    name: 'learnt by heart in many passes',
    fit: { train: 0.998, dev: 0.82, passes: 60 },
    facts: { trainCount: 1600, valCount: 2000 },
  },
  {
    name: 'few faces, learnt by heart',
    fit: { train: 1, dev: 0.86, devCount: 25, passes: 120 },
    facts: { classes: TWENTY, trainCount: 200, valCount: 250, shape: [112, 92] },
  },
  { name: 'too few passes', fit: { train: 0.87, dev: 0.865, passes: 2.5 }, facts: { trainCount: 50_000, valCount: 10_000 } },
  { name: 'flat and poor after many passes', fit: { train: 0.74, dev: 0.73, passes: 70 }, facts: { trainCount: 4000 } },
  { name: 'still rising at the end', fit: { train: 0.88, dev: 0.87, passes: 14, lateRise: 0.12 } },
  { name: 'a loss that jumps', fit: { train: 0.9, dev: 0.895, passes: 25, curve: jumping() } },
  {
    name: 'rare classes under a balanced metric',
    fit: { train: 0.97, dev: 0.93, val: 0.75, passes: 30, recalls: [0.98, 0.97, 0.97, 0.95, 0.5, 0.4, 0.3, 0.3] },
    facts: { classes: [...'abcdefgh'], classCounts: UNEVEN, trainCount: 3450, metric: 'balanced-accuracy', valCount: 900 },
  },
  {
    name: 'two pairs of classes',
    fit: {
      train: 0.94,
      dev: 0.905,
      passes: 24,
      devCount: 800,
      confusions: [
        [6, 9, 24],
        [9, 6, 18],
        [2, 4, 12],
        [4, 2, 9],
        [0, 1, 2],
      ],
    },
  },
  {
    name: 'steps that cost too much',
    fit: { train: 0.975, dev: 0.97, passes: 3.5, imagesPerSecond: 300 },
    facts: { channels: 3, shape: [32, 32] },
  },
  { name: 'nothing stands out', fit: { train: 0.955, dev: 0.95, passes: 24 } },
  { name: 'a plain tutorial pipeline', fit: { train: 0.93, dev: 0.885, passes: 10, imagesPerSecond: 2500 }, isPlain: true },
  { name: 'nearly perfect', fit: { train: 1, dev: 0.998, passes: 40 } },
]

/** The evidence of a case, with the Architect's designs (or the plain ones) beside the files. */
export function evidenceOfCase({ fit, facts = {}, isPlain = false }: Case, rest: Partial<Evidence> = {}): Evidence {
  const brief = briefOf(facts)
  const { memos, pipeline } = isPlain ? designPlainBlueprint(makeCrafts(), brief) : designBlueprint(makeCrafts(), brief)
  const evidence = evidenceOf(fit, facts, { ...rest, memos: memos satisfies Memos })
  return { ...evidence, best: { ...evidence.best, pipeline } }
}

function jumping() {
  return [1.1, 0.7, 2.2, 1.2, 0.9, 1.4, 0.5, 0.4].map((runningLoss, index) => ({
    fraction: (index + 1) / 8,
    runningLoss,
    trainAccuracy: 0.7 + index / 40,
    devAccuracy: 0.7 + index / 40,
    trainLoss: runningLoss,
    devLoss: runningLoss,
  }))
}
