import { docstring } from './python-text.ts'
import { fraction, NOTHING, number } from './render-training-text.ts'
import type { Constant, Part } from './render-training-text.ts'
import { because } from './render-training-optimizer.ts'
import { ownsLoop } from './training-design.ts'
import type { TrainingDesign } from './training-design.ts'

/** The average that the harness's loop keeps, as an argument of `Training`; the other ways of averaging need `fit`. */
export function averagingArgument(design: TrainingDesign): string[] {
  return design.averaging.name === 'ema' && !ownsLoop(design) ? ['averaging=Ema(EMA_DECAY)'] : []
}

/** What averaging, clipping, sharpness and distillation add: constants, and a loop of their own where the harness's cannot do it. */
export function renderLoop(design: TrainingDesign, isSeveral: boolean): Part {
  const { averaging, sharpness, distillation } = design
  return {
    ...NOTHING,
    says: [
      ...(averaging.name === 'ema' ? ['a moving average of the weights'] : []),
      ...(averaging.name === 'tail' ? ['the average of the last weights'] : []),
      ...(sharpness === null ? [] : ['sharpness-aware steps']),
      ...(distillation === null ? [] : ['distillation from the average']),
    ],
    imports: ownsLoop(design) ? fitImports(design) : [],
    constants: loopConstants(design),
    definitions: ownsLoop(design) ? [fit(design, isSeveral), backward(design), ...(sharpness === null ? [] : [CLIMB])] : [],
  }
}

function loopConstants({ averaging, clipNorm, sharpness, distillation, why }: TrainingDesign): Constant[] {
  const constants: Constant[] = []
  const add = (name: string, value: string, what: string, reason?: string) =>
    constants.push({ name, value, comment: because(what, reason) })
  if (averaging.name === 'ema') {
    const memory = Math.round(1 / (1 - averaging.decay))
    add('EMA_DECAY', number(averaging.decay), `the average remembers about ${memory} steps`, why.averaging)
  }
  if (averaging.name === 'tail')
    add('TAIL', number(averaging.share), 'share of the steps, at the end, that is averaged', why.averaging)
  if (clipNorm !== null) add('CLIP_NORM', fraction(clipNorm), 'longest gradient, as an L2 norm over all weights', why.clipNorm)
  if (sharpness !== null) {
    add('RADIUS', number(sharpness.radius), 'L2 distance over all weights at which the gradient is taken', why.sharpness)
    if (sharpness.from > 0) add('SHARP_FROM', number(sharpness.from), 'share of the steps before the first such step')
  }
  if (distillation !== null) {
    add('TEACHING', number(distillation.share), 'share of the loss that agrees with the averaged net', why.distillation)
    add('TEACH_FROM', number(distillation.from), 'share of the steps after which the average is worth listening to')
  }
  return constants
}

function fitImports({ averaging, clipNorm }: TrainingDesign): string[] {
  const swa = { none: [], ema: ['AveragedModel', 'get_ema_multi_avg_fn'], tail: ['AveragedModel'] }[averaging.name]
  return [
    'from torch.optim.lr_scheduler import LambdaLR',
    ...(swa.length === 0 ? [] : [`from torch.optim.swa_utils import ${swa.join(', ')}`]),
    ...(clipNorm === null ? [] : ['from torch.nn.utils import clip_grad_norm_']),
  ]
}

function fit(design: TrainingDesign, isSeveral: boolean): string {
  const { averaging, clipNorm } = design
  const usesProgress = averaging.name === 'tail' || design.distillation !== null || (design.sharpness?.from ?? 0) > 0
  const each = (verb: string, one: string, many: string) =>
    isSeveral ? [`        for ${one} in ${many}:`, `            ${one}.${verb}()`] : [`        ${one}.${verb}()`]
  return [
    'def fit(model, data, ctx):',
    docstring('    ', fitDocstring(design)),
    '    training = ctx.training',
    ...optimizerLines(isSeveral),
    ...averageLines(design),
    '    batches = data(training.batch_size)',
    `    for ${usesProgress ? 'progress' : '_'} in ctx.steps():`,
    '        images, targets = next(batches)',
    ...gradientLines(design),
    ...(clipNorm === null ? [] : ['        clip_grad_norm_(model.parameters(), CLIP_NORM)']),
    ...each('step', 'optimizer', 'training.optimizers'),
    ...each('step', 'scheduler', 'schedulers'),
    ...(averaging.name === 'tail' ? ['        if progress >= 1 - TAIL:', '            average.update_parameters(model)'] : []),
    ...(averaging.name === 'ema' ? ['        average.update_parameters(model)'] : []),
    '        ctx.report(loss)',
    ...(averaging.name === 'none' ? [] : ['    return average.module']),
  ].join('\n')
}

function fitDocstring({ averaging, sharpness, distillation }: TrainingDesign): string {
  const kept = { none: '', ema: 'the moving average is kept', tail: 'the average of the last weights is kept' }[averaging.name]
  const steps = sharpness === null ? '' : 'each step uses the gradient at the worst point within RADIUS (Foret et al. 2021)'
  const taught = distillation === null ? '' : 'the net also learns from its own average (Tarvainen and Valpola 2017)'
  return `The usual loop, but ${[steps, taught, kept].filter((text) => text !== '').join('; ')}.`
}

function optimizerLines(isSeveral: boolean): string[] {
  const scheduler = (optimizer: string) => `LambdaLR(${optimizer}, lambda step: training.schedule(step / ctx.step_count))`
  if (isSeveral) return [`    schedulers = [${scheduler('optimizer')} for optimizer in training.optimizers]`]
  return ['    optimizer = training.optimizer', `    scheduler = ${scheduler('optimizer')}`]
}

function averageLines({ averaging, distillation }: TrainingDesign): string[] {
  switch (averaging.name) {
    case 'none':
      return []
    case 'tail':
      return ['    average = AveragedModel(model, use_buffers=True)']
    case 'ema': {
      const make = 'AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(EMA_DECAY), use_buffers=True)'
      return [`    average = ${make}`, ...(distillation === null ? [] : ['    average.eval()'])]
    }
  }
}

function gradientLines({ sharpness, distillation }: TrainingDesign): string[] {
  const teacher = distillation === null ? [] : ['        teacher = average.module if progress >= TEACH_FROM else None']
  const args = distillation === null ? 'images, targets' : 'images, targets, teacher'
  const gradient = `backward(model, ctx, ${args})`
  if (sharpness === null) return [...teacher, `        loss = ${gradient}`]
  const again = ['moves = climb(model)', gradient, 'for weight, move in moves:', '    weight.data.sub_(move)']
  const late = sharpness.from > 0
  const indent = late ? '            ' : '        '
  return [
    ...teacher,
    `        loss = ${gradient}`,
    ...(late ? ['        if progress >= SHARP_FROM:'] : []),
    ...again.map((line) => indent + line),
  ]
}

function backward({ distillation }: TrainingDesign): string {
  if (distillation === null)
    return `def backward(model, ctx, images, targets):
    """Leaves the gradients of a batch in the weights; returns its loss."""
    model.zero_grad()
    with ctx.autocast():
        logits = model(images)
    loss = ctx.training.loss(logits.float(), targets)
    loss.backward()
    return float(loss.detach())`
  return `def backward(model, ctx, images, targets, teacher):
    """Leaves the gradients of a batch in the weights; returns its loss. A teacher's probabilities count as targets too."""
    model.zero_grad()
    with ctx.autocast():
        logits = model(images)
    loss = ctx.training.loss(logits.float(), targets)
    if teacher is not None:
        with torch.no_grad(), ctx.autocast():
            taught = teacher(images)
        loss = (1 - TEACHING) * loss + TEACHING * F.cross_entropy(logits.float(), taught.float().softmax(1))
    loss.backward()
    return float(loss.detach())`
}

const CLIMB = `@torch.no_grad()
def climb(model):
    """Moves the weights by RADIUS in the direction in which the loss rises fastest; returns each weight with its move."""
    weights = [weight for weight in model.parameters() if weight.grad is not None]
    norm = torch.stack([weight.grad.norm() for weight in weights]).norm()
    moves = [(weight, weight.grad * (RADIUS / (norm + 1e-12))) for weight in weights]
    for weight, move in moves:
        weight.add_(move)
    return moves`
