import { renderLoss, lossExpression } from './render-training-loss.ts'
import { averagingArgument, renderLoop } from './render-training-fit.ts'
import { because, renderOptimizer } from './render-training-optimizer.ts'
import type { OptimizerPart } from './render-training-optimizer.ts'
import { renderSchedule, scheduleName } from './render-training-schedule.ts'
import { constant, docstring } from './python-text.ts'
import { call, number } from './render-training-text.ts'
import type { Constant } from './render-training-text.ts'
import { ownsLoop } from './training-design.ts'
import type { TrainingDesign } from './training-design.ts'

/** `training.py` for this design and no other: constants with their reasons, and only code that is used. */
export function renderTraining(design: TrainingDesign): string {
  const optimizer = renderOptimizer(design)
  const parts = [renderSchedule(design), renderLoss(design), renderLoop(design, optimizer.isSeveral)]
  const all = [optimizer, ...parts]
  const constants = [...batchConstants(design), ...all.flatMap((part) => part.constants)]
  const [first = '', ...others] = optimizer.says
  const clauses = [first, ...parts.flatMap((part) => part.says), ...others]
  const definitions = [configure(design, optimizer), ...parts.flatMap((part) => part.definitions), ...optimizer.definitions]
  const head = [
    docstring('', sentence(clauses)),
    importLines(
      design,
      all.flatMap((part) => part.imports),
    ),
  ]
  const code = [constants.map(({ name, value, comment }) => constant(name, value, comment)).join('\n'), ...definitions].join(
    '\n\n\n',
  )
  return `${head.join('\n\n')}\n\n${code}\n`
}

/** "A and b, c, d." */
function sentence([first = '', second = '', ...others]: readonly string[]): string {
  return `${[`${first} and ${second}`, ...others].join(', ')}.`
}

const MODULES = ['import math', 'import torch', 'import torch.nn.functional as F']

/** In the order that the linter wants. */
function importLines(design: TrainingDesign, wanted: readonly string[]): string {
  const library = MODULES.slice(1).filter((line) => wanted.includes(line))
  const from = [...new Set(wanted.filter((line) => line.startsWith('from ')))].sort()
  const averages = averagingArgument(design).length > 0
  const ours = `from improve_harness.contract import ${averages ? 'Ema, Training' : 'Training'}`
  const standard = wanted.includes('import math') ? ['import math'] : []
  return [standard, [...library, ...from], [ours]]
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}

function batchConstants({ batchSize, leastStepsAnEpoch, why }: TrainingDesign): Constant[] {
  const size = { name: 'BATCH_SIZE', value: number(batchSize), comment: because('images', why.batchSize ?? BATCH_REASON) }
  if (leastStepsAnEpoch === null) return [{ ...size, comment: because('images', why.batchSize) }]
  const comment = because('few images get a smaller batch, so that an epoch stays several steps', why.leastStepsAnEpoch)
  return [size, { name: 'LEAST_STEPS_AN_EPOCH', value: number(leastStepsAnEpoch), comment }]
}

const BATCH_REASON = 'a CPU gains little from larger ones, and more steps help short trainings'

function configure(design: TrainingDesign, optimizer: OptimizerPart): string {
  const several = optimizer.isSeveral ? 'optimizers' : 'optimizer'
  const args = [
    `optimizer=${several}`,
    `schedule=${scheduleName(design.schedule)}`,
    `loss=${lossExpression(design)}`,
    `batch_size=${design.leastStepsAnEpoch === null ? 'BATCH_SIZE' : 'batch'}`,
    ...averagingArgument(design),
    ...(design.clipNorm === null || ownsLoop(design) ? [] : ['clip_norm=CLIP_NORM']),
  ]
  return ['def configure(model, info):', ...optimizer.statements, call(4, 'return Training', args)].join('\n')
}
