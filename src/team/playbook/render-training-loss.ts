import { docstring } from './python-text.ts'
import { call, fraction, number } from './render-training-text.ts'
import type { Constant, Part } from './render-training-text.ts'
import type { Loss, TrainingDesign } from './training-design.ts'

/** Statements of a loss of `logits` [n, classes] and `targets` (class numbers or probabilities), and the constants they name. */
type Formula = {
  readonly says: readonly string[]
  readonly docstring: string
  readonly constants: readonly Constant[]
  readonly body: readonly string[]
  readonly usesProbabilities: boolean
}

/** The function `loss`, or `make_loss(info)` where it depends on the sizes of the classes. */
export function renderLoss(design: TrainingDesign): Part {
  const formula = formulaOf(design)
  const balance = balanceOf(design)
  const reason = (text: string | undefined) => (text === undefined ? '' : `; ${text}`)
  const [first, ...others] = formula.constants
  const smoothing = {
    name: 'LABEL_SMOOTHING',
    value: number(design.labelSmoothing),
    comment: `of each target is spread over all classes${reason(design.why.labelSmoothing)}`,
  }
  return {
    says: [...formula.says, ...(design.labelSmoothing > 0 ? ['label smoothing'] : []), ...balance.says],
    imports: ['import torch.nn.functional as F'],
    constants: [
      ...(first === undefined ? [] : [{ ...first, comment: first.comment + reason(design.why.loss) }, ...others]),
      ...(design.labelSmoothing > 0 ? [smoothing] : []),
      ...balance.constants.map((constant) => ({ ...constant, comment: constant.comment + reason(design.why.classBalance) })),
    ],
    definitions: [...lossDefinition(formula, balance), ...(formula.usesProbabilities ? [AS_PROBABILITIES] : [])],
  }
}

/** The expression that `configure` passes on. */
export function lossExpression({ classBalance }: TrainingDesign): string {
  return classBalance.name === 'none' ? 'loss' : 'make_loss(info)'
}

function lossDefinition(formula: Formula, balance: Balance): string[] {
  const indent = (lines: readonly string[], by: number) => lines.map((line) => ' '.repeat(by) + line)
  if (balance.setUp.length === 0) {
    const words = formula.docstring === '' ? [] : [docstring('    ', formula.docstring)]
    return [['def loss(logits, targets):', ...words, ...indent(formula.body, 4)].join('\n')]
  }
  return [
    [
      'def make_loss(info):',
      docstring('    ', [formula.docstring, balance.docstring].filter((text) => text !== '').join(' ')),
      ...indent(balance.setUp, 4),
      '',
      '    def loss(logits, targets):',
      ...indent(balance.first, 8),
      ...indent(formula.body, 8),
      '',
      '    return loss',
    ].join('\n'),
  ]
}

type Balance = {
  readonly says: readonly string[]
  readonly docstring: string
  readonly constants: readonly Constant[]
  /** Statements of `make_loss`. */
  readonly setUp: readonly string[]
  /** Statements before the formula. */
  readonly first: readonly string[]
}

const COUNTS = 'counts = torch.tensor(info.class_counts, dtype=torch.float32, device=info.device).clamp(min=1)'

function balanceOf({ classBalance }: TrainingDesign): Balance {
  switch (classBalance.name) {
    case 'none':
      return { says: [], docstring: '', constants: [], setUp: [], first: [] }
    case 'weights':
      return {
        says: ['rare classes counted more'],
        docstring: 'An image of a rare class counts more, on average over all images once.',
        constants: [
          {
            name: 'WEIGHT_POWER',
            value: number(classBalance.power),
            comment: 'a class counts by (mean size / its size) to this power; 0.5 is the square root, 1 makes all classes equal',
          },
        ],
        setUp: [COUNTS, 'weight = counts**-WEIGHT_POWER', 'weight = weight * counts.sum() / (weight * counts).sum()'],
        first: [],
      }
    case 'logit-adjustment':
      return {
        says: ['logits adjusted by the frequency of the classes'],
        docstring: 'The logits of frequent classes are raised, so that the net need not learn frequency (Menon et al. 2021).',
        constants: [
          {
            name: 'ADJUSTMENT',
            value: fraction(classBalance.strength),
            comment: 'times the log of the share of a class, in training only',
          },
        ],
        setUp: [COUNTS, 'adjustment = ADJUSTMENT * torch.log(counts / counts.sum())'],
        first: ['logits = logits + adjustment'],
      }
  }
}

function formulaOf(design: TrainingDesign): Formula {
  const { loss } = design
  const weight = design.classBalance.name === 'weights' ? ['weight=weight'] : []
  const smoothing = design.labelSmoothing > 0 ? ['label_smoothing=LABEL_SMOOTHING'] : []
  const cross = (more: readonly string[]) =>
    `F.cross_entropy(${['logits', 'targets', ...weight, ...smoothing, ...more].join(', ')})`
  const each = cross(['reduction="none"'])
  const isBare = weight.length === 0 && smoothing.length === 0
  const certainty = `torch.exp(-${isBare ? 'losses' : 'F.cross_entropy(logits, targets, reduction="none")'})`
  const plain = { says: [], docstring: '', constants: [], usesProbabilities: false }
  switch (loss.name) {
    case 'cross-entropy':
      return { ...plain, body: [`return ${cross([])}`] }
    case 'focal':
      return {
        ...plain,
        says: ['a focal loss'],
        docstring: 'Images that are right already count less (Lin et al. 2017).',
        constants: [{ name: 'FOCUS', value: fraction(loss.focus), comment: 'power of what is missing to certainty' }],
        body: [`losses = ${each}`, `return ((1 - ${certainty}) ** FOCUS * losses).mean()`],
      }
    case 'hardest':
      return {
        ...plain,
        says: ['the hardest images of each batch'],
        docstring: 'Only the images with the largest losses count (Shrivastava et al. 2016).',
        constants: [{ name: 'HARD_SHARE', value: number(loss.share), comment: 'of a batch that counts' }],
        body: [`losses = ${each}`, 'return losses.topk(max(1, round(HARD_SHARE * len(losses)))).values.mean()'],
      }
    default:
      return probabilityFormula(loss, cross([]), design)
  }
}

/** Losses that need the targets as probabilities. */
function probabilityFormula(
  loss: Extract<Loss, { name: 'one-against-all' | 'truncated' | 'symmetric' }>,
  cross: string,
  { labelSmoothing, classBalance }: TrainingDesign,
): Formula {
  const wanted = 'wanted = as_probabilities(targets, logits.shape[1])'
  const right = 'right = (logits.softmax(1) * wanted).sum(1)'
  const isWeighted = classBalance.name === 'weights'
  const mean = (losses: string) => (isWeighted ? `((wanted @ weight) * ${losses}).mean()` : `${losses}.mean()`)
  switch (loss.name) {
    case 'one-against-all': {
      const smoothed = 'wanted = wanted * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / logits.shape[1]'
      const args = ['logits', 'wanted', ...(isWeighted ? ['pos_weight=weight'] : []), 'reduction="sum"']
      return {
        says: ['each class against all others'],
        docstring: 'A yes-or-no question for each class, summed over classes (Wightman et al. 2021).',
        constants: [],
        body: [
          wanted,
          ...(labelSmoothing > 0 ? [smoothed] : []),
          `return ${call(0, 'F.binary_cross_entropy_with_logits', args)} / len(logits)`,
        ],
        usesProbabilities: true,
      }
    }
    case 'truncated':
      return {
        says: ['a bounded loss'],
        docstring:
          'Between cross-entropy and mean absolute error, so bounded: a wrong label pulls only so hard (Zhang and Sabuncu 2018).',
        constants: [{ name: 'POWER', value: number(loss.power), comment: 'towards 0 cross-entropy, 1 mean absolute error' }],
        body: [wanted, right, `return ${mean('((1 - right**POWER) / POWER)')}`],
        usesProbabilities: true,
      }
    case 'symmetric':
      return {
        says: ['a symmetric cross-entropy'],
        docstring: 'Cross-entropy and its reverse, which a wrong label moves little (Wang et al. 2019; log 0 taken as -1).',
        constants: [{ name: 'REVERSE_SHARE', value: number(loss.share), comment: 'of the reverse term' }],
        body: [wanted, right, `forward = ${cross}`, `return forward + REVERSE_SHARE * ${mean('(1 - right)')}`],
        usesProbabilities: true,
      }
  }
}

const AS_PROBABILITIES = `def as_probabilities(targets, classes):
    """Class numbers [n] as probabilities [n, classes]; what mixes images gives probabilities already."""
    return targets if targets.dim() > 1 else F.one_hot(targets, classes).float()`
