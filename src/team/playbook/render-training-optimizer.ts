import { call, list, number } from './render-training-text.ts'
import type { Constant, Part } from './render-training-text.ts'
import { LION, LOOKAHEAD, MUON, NOISE, CENTRED } from './render-training-classes.ts'
import { SMALLEST_BATCH } from './training-design.ts'
import type { TrainingDesign } from './training-design.ts'

/** The part of the file that makes optimizers, and the statements of `configure` that do so. */
export type OptimizerPart = Part & {
  readonly statements: readonly string[]
  /** Whether `Training` gets a list `optimizers` instead of one `optimizer`. */
  readonly isSeveral: boolean
}

export function renderOptimizer(design: TrainingDesign): OptimizerPart {
  const rates = rateExpressions(design)
  const own = design.optimizer.name === 'muon' ? muonStatements(design, rates) : groupStatements(design, rates)
  const before = design.gradient.name === 'noisy' ? ['GradientNoise(model.parameters())'] : []
  const after = design.lookahead === null ? [] : ['Lookahead(model.parameters())']
  const all = [...before, ...own.optimizers, ...after]
  const isSeveral = all.length > 1
  const collected = isSeveral ? list(4, 'optimizers = ', all).split('\n') : []
  return {
    says: [...own.says, ...sideClauses(design)],
    imports: ['import torch', ...(rates.usesMath ? ['import math'] : [])],
    constants: [...optimizerConstants(design), ...sideConstants(design)],
    definitions: classesOf(design),
    statements: [...rates.statements, ...own.statements, ...collected, ...hookStatements(design)],
    isSeveral,
  }
}

type Rates = {
  readonly statements: readonly string[]
  readonly usesMath: boolean
  readonly peak: string
  readonly rest: string
}

/** The batch and the rates that go with it; those of optimizers with steps of a fixed size follow the square root of the batch. */
function rateExpressions({ optimizer, leastStepsAnEpoch, headRate }: TrainingDesign): Rates {
  if (leastStepsAnEpoch === null) return { statements: [], usesMath: false, peak: 'PEAK_RATE', rest: 'REST_RATE' }
  const batch = `    batch = max(${SMALLEST_BATCH}, min(BATCH_SIZE, info.train_count // LEAST_STEPS_AN_EPOCH))`
  const isLinear = optimizer.name === 'sgd'
  const scale = isLinear ? 'batch / BATCH_SIZE' : 'math.sqrt(batch / BATCH_SIZE)'
  if (optimizer.name === 'muon')
    return {
      statements: [batch, `    scale = ${scale}`],
      usesMath: true,
      peak: 'PEAK_RATE * scale',
      rest: 'REST_RATE * scale',
    }
  const peak = `PEAK_RATE * ${scale}`
  if (headRate === 1) return { statements: [batch], usesMath: !isLinear, peak, rest: '' }
  return { statements: [batch, `    rate = ${peak}`], usesMath: !isLinear, peak: 'rate', rest: '' }
}

type Own = { readonly says: readonly string[]; readonly statements: readonly string[]; readonly optimizers: readonly string[] }

const BIG = '[p for p in model.parameters() if p.dim() > 1]'
const SMALL = '[p for p in model.parameters() if p.dim() <= 1]'

/** One optimizer, its parameters in groups where their decay or their rates differ. */
function groupStatements(design: TrainingDesign, { peak }: Rates): Own {
  const isSplit = design.weightDecay > 0 && design.decayed === 'weights'
  const hasHead = design.headRate !== 1
  const says = [LABELS[design.optimizer.name]]
  const splitting = [`    weights = ${BIG}`, `    others = ${SMALL}`]
  const decay = isSplit ? ', "weight_decay": WEIGHT_DECAY' : ''
  const none = isSplit ? ', "weight_decay": 0.0' : ''
  const argument = design.weightDecay > 0 && !isSplit ? ['weight_decay=WEIGHT_DECAY'] : noDecay(design)
  if (!isSplit && !hasHead) {
    const needsWeights = design.gradient.name === 'centred' ? [`    weights = ${BIG}`] : []
    const made = construct(design, 'model.parameters()', peak, argument)
    return { says, statements: [...needsWeights, made], optimizers: ['optimizer'] }
  }
  const head = `{"params": weights[-1:]${decay}, "lr": ${peak} * HEAD_RATE}`
  const groups = hasHead
    ? [`{"params": weights[:-1]${decay}}`, head, `{"params": others${none}}`]
    : [`{"params": weights${decay}}`, `{"params": others${none}}`]
  return {
    says,
    statements: [...splitting, ...list(4, 'groups = ', groups).split('\n'), construct(design, 'groups', peak, argument)],
    optimizers: ['optimizer'],
  }
}

/** AdamW decays by default, so that none has to be said. */
function noDecay({ optimizer, weightDecay }: TrainingDesign): string[] {
  return weightDecay === 0 && optimizer.name === 'adamw' ? ['weight_decay=0.0'] : []
}

const LABELS = { sgd: 'SGD with Nesterov momentum', adam: 'Adam', adamw: 'AdamW', lion: 'Lion', muon: 'Muon' } as const

/** The statement that makes the one optimizer. */
function construct({ optimizer }: TrainingDesign, parameters: string, rate: string, more: readonly string[]): string {
  const make = (name: string, args: readonly string[]) =>
    call(4, `optimizer = ${name}`, [parameters, `lr=${rate}`, ...args, ...more])
  switch (optimizer.name) {
    case 'sgd':
      return make('torch.optim.SGD', ['momentum=MOMENTUM', 'nesterov=True'])
    case 'adam':
      return make('torch.optim.Adam', betas(optimizer.betas))
    case 'adamw':
      return make('torch.optim.AdamW', betas(optimizer.betas))
    case 'lion':
      return make('Lion', [])
    case 'muon':
      throw new Error('Muon is made together with the optimizer of the rest')
  }
}

function betas(values: readonly [number, number]): string[] {
  return isUsual(values) ? [] : ['betas=BETAS']
}

/** Adam's own. */
function isUsual([first, second]: readonly [number, number]): boolean {
  return first === 0.9 && second === 0.999
}

/** Muon for all weights but the last layer's, another optimizer without decay for that, norms and biases. */
function muonStatements({ optimizer, weightDecay, headRate }: TrainingDesign, { peak, rest }: Rates): Own {
  if (optimizer.name !== 'muon') throw new Error('not a design with Muon')
  const groups = headRate === 1 ? '[*weights[-1:], *others]' : 'groups'
  const grouping = `    groups = [{"params": weights[-1:], "lr": ${rest} * HEAD_RATE}, {"params": others}]`
  const other =
    optimizer.rest === 'sgd'
      ? call(0, 'torch.optim.SGD', [groups, `lr=${rest}`, 'momentum=0.9', 'nesterov=True'])
      : call(0, 'torch.optim.AdamW', [groups, `lr=${rest}`, 'weight_decay=0.0'])
  return {
    says: [`Muon (${LABELS[optimizer.rest]} for the last layer, norms and biases)`],
    statements: [`    weights = ${BIG}`, `    others = ${SMALL}`, ...(headRate === 1 ? [] : [grouping])],
    optimizers: [`Muon(weights[:-1], lr=${peak}${weightDecay > 0 ? ', weight_decay=WEIGHT_DECAY' : ''})`, other],
  }
}

function hookStatements({ gradient }: TrainingDesign): string[] {
  if (gradient.name !== 'centred') return []
  return ['    for weight in weights:', '        if weight.requires_grad:', '            weight.register_hook(centred)']
}

function classesOf({ optimizer, gradient, lookahead }: TrainingDesign): string[] {
  return [
    ...(optimizer.name === 'muon' ? MUON : []),
    ...(optimizer.name === 'lion' ? LION : []),
    ...(gradient.name === 'centred' ? CENTRED : []),
    ...(gradient.name === 'noisy' ? NOISE : []),
    ...(lookahead === null ? [] : LOOKAHEAD),
  ]
}

function sideClauses({ gradient, lookahead, decayed, weightDecay, headRate, optimizer }: TrainingDesign): string[] {
  const isSplit = weightDecay > 0 && decayed === 'weights' && optimizer.name !== 'muon'
  return [
    ...(headRate === 1 ? [] : ['a rate of its own for the last layer']),
    ...(isSplit ? ['no decay on norms and biases'] : []),
    ...(gradient.name === 'centred' ? ['centred gradients'] : []),
    ...(gradient.name === 'noisy' ? ['noise on the gradients'] : []),
    ...(lookahead === null ? [] : ['lookahead']),
  ]
}

function optimizerConstants(design: TrainingDesign): Constant[] {
  const { optimizer, why } = design
  const per = `per batch of ${number(design.batchSize)}`
  const of = optimizer.name === 'muon' ? 'of Muon, ' : ''
  const constants = [
    { name: 'PEAK_RATE', value: number(design.peakRate), comment: because(`${of}${per}`, why.peakRate) },
    ...momentumConstants(design),
  ]
  if (optimizer.name === 'muon')
    constants.push({ name: 'REST_RATE', value: number(optimizer.restRate), comment: `peak of the other optimizer, ${per}` })
  if (design.headRate !== 1)
    constants.push({
      name: 'HEAD_RATE',
      value: number(design.headRate),
      comment: because('times, for the last layer', why.headRate),
    })
  if (design.weightDecay > 0)
    constants.push({
      name: 'WEIGHT_DECAY',
      value: number(design.weightDecay),
      comment: because(decayComment(design), why.weightDecay ?? why.decayed),
    })
  return constants
}

function momentumConstants({ optimizer, why }: TrainingDesign): Constant[] {
  const memory = 'share of the running gradient that each step keeps'
  if ('momentum' in optimizer)
    return [{ name: 'MOMENTUM', value: number(optimizer.momentum), comment: because(memory, why.optimizer) }]
  if (optimizer.name !== 'lion' && isUsual(optimizer.betas)) return []
  const value = `(${optimizer.betas.map(number).join(', ')})`
  const comment =
    optimizer.name === 'lion' ? 'momentum in the step and momentum that is kept' : 'memory of gradients and of their squares'
  return [{ name: 'BETAS', value, comment: because(comment, why.optimizer) }]
}

function decayComment({ optimizer, decayed }: TrainingDesign): string {
  if (optimizer.name === 'muon') return "share of a weight, times the rate, a step; on Muon's weights only"
  const what = decayed === 'weights' ? 'on weights of convolutions and the last layer' : 'on norms and biases too'
  return optimizer.name === 'sgd' || optimizer.name === 'adam' ? what : `share of a weight, times the rate, a step; ${what}`
}

function sideConstants({ gradient, lookahead, why }: TrainingDesign): Constant[] {
  const constants: Constant[] = []
  if (gradient.name === 'noisy') {
    const comment = because("deviation as a share of the gradient's own size, at the peak rate", why.gradient)
    constants.push({ name: 'NOISE', value: number(gradient.deviation), comment })
  }
  if (lookahead !== null) {
    constants.push({
      name: 'LOOKAHEAD_STEPS',
      value: number(lookahead.steps),
      comment: because('between two corrections', why.lookahead),
    })
    constants.push({ name: 'LOOKAHEAD_SHARE', value: number(lookahead.share), comment: 'of the way that is kept' })
  }
  return constants
}

/** What a number is, and why it is this one. */
export function because(what: string, why: string | undefined): string {
  return why === undefined ? what : `${what}; ${why}`
}
