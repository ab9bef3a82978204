import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runPlaybookProgram } from '../../../tests/support/playbook-python.ts'
import { fingerprintOf } from './fingerprint.ts'
import { renderTraining } from './render-training.ts'
import { PHOTO_TRAINING, SMALL_TRAINING, TUTORIAL_TRAINING } from './training-design.ts'

const PIPELINES = join(import.meta.dirname, '..', '..', '..', 'harness', 'tests', 'pipelines')

test('the default trainings do what the files of the default pipelines do, to the last weight', async () => {
  const sources = {
    tiny: await readFile(join(PIPELINES, 'tiny', 'training.py'), 'utf8'),
    small: renderTraining(SMALL_TRAINING),
    scratch: await readFile(join(PIPELINES, 'scratch', 'training.py'), 'utf8'),
    photo: renderTraining(PHOTO_TRAINING),
  }
  const results = (await runPlaybookProgram('exercise_training', { sources, steps: 20 })) as Record<string, unknown>
  expect(results['small']).toEqual(results['tiny'])
  expect(results['photo']).toEqual(results['scratch'])
  expect(results['photo']).not.toEqual(results['small'])
}, 60_000)

test('the default training reads as a person would write it', () => {
  expect(renderTraining(SMALL_TRAINING)).toMatchInlineSnapshot(`
    """"SGD with Nesterov momentum and a triangular learning rate, label smoothing, no decay on norms and biases."""

    import torch
    import torch.nn.functional as F

    from improve_harness.contract import Training

    BATCH_SIZE = 128  # images; a CPU gains little from larger ones, and more steps help short trainings
    LEAST_STEPS_AN_EPOCH = 4  # few images get a smaller batch, so that an epoch stays several steps
    PEAK_RATE = 0.1  # per batch of 128; as in the small-image speed records
    MOMENTUM = 0.9  # share of the running gradient that each step keeps
    WEIGHT_DECAY = 5e-4  # on weights of convolutions and the last layer
    WARM_UP = 0.2  # share of the steps with a rising rate; as in the speed records
    LABEL_SMOOTHING = 0.1  # of each target is spread over all classes; so that no certainty is asked for


    def configure(model, info):
        batch = max(16, min(BATCH_SIZE, info.train_count // LEAST_STEPS_AN_EPOCH))
        weights = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() <= 1]
        groups = [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.SGD(groups, lr=PEAK_RATE * batch / BATCH_SIZE, momentum=MOMENTUM, nesterov=True)
        return Training(optimizer=optimizer, schedule=triangle, loss=loss, batch_size=batch)


    def triangle(progress):
        """Rises over WARM_UP, then falls in a straight line to zero."""
        if progress < WARM_UP:
            return progress / WARM_UP
        return (1 - progress) / (1 - WARM_UP)


    def loss(logits, targets):
        return F.cross_entropy(logits, targets, label_smoothing=LABEL_SMOOTHING)
    "
  `)
})

test('the tutorial training holds nothing that a tutorial would not', () => {
  expect(renderTraining(TUTORIAL_TRAINING)).toMatchInlineSnapshot(`
    """"Adam and a constant learning rate."""

    import torch
    import torch.nn.functional as F

    from improve_harness.contract import Training

    BATCH_SIZE = 64  # images
    PEAK_RATE = 1e-3  # per batch of 64; Adam's own default


    def configure(model, info):
        optimizer = torch.optim.Adam(model.parameters(), lr=PEAK_RATE)
        return Training(optimizer=optimizer, schedule=constant, loss=loss, batch_size=BATCH_SIZE)


    def constant(progress):
        """Stays the same."""
        return 1.0


    def loss(logits, targets):
        return F.cross_entropy(logits, targets)
    "
  `)
})

test('a loop of its own is written out only where the design needs one', () => {
  const design = {
    ...SMALL_TRAINING,
    averaging: { name: 'ema', decay: 0.96 },
    sharpness: { radius: 0.05, from: 0 },
    why: { sharpness: 'the pictures are learnt by heart' },
  } as const
  expect(renderTraining(design)).toMatchInlineSnapshot(`
    """"SGD with Nesterov momentum and a triangular learning rate, label smoothing, a moving average of the weights, sharpness-aware
    steps, no decay on norms and biases.
    """

    import torch
    import torch.nn.functional as F
    from torch.optim.lr_scheduler import LambdaLR
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    from improve_harness.contract import Training

    BATCH_SIZE = 128  # images; a CPU gains little from larger ones, and more steps help short trainings
    LEAST_STEPS_AN_EPOCH = 4  # few images get a smaller batch, so that an epoch stays several steps
    PEAK_RATE = 0.1  # per batch of 128
    MOMENTUM = 0.9  # share of the running gradient that each step keeps
    WEIGHT_DECAY = 5e-4  # on weights of convolutions and the last layer
    WARM_UP = 0.2  # share of the steps with a rising rate
    LABEL_SMOOTHING = 0.1  # of each target is spread over all classes
    EMA_DECAY = 0.96  # the average remembers about 25 steps
    RADIUS = 0.05  # L2 distance over all weights at which the gradient is taken; the pictures are learnt by heart


    def configure(model, info):
        batch = max(16, min(BATCH_SIZE, info.train_count // LEAST_STEPS_AN_EPOCH))
        weights = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() <= 1]
        groups = [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.SGD(groups, lr=PEAK_RATE * batch / BATCH_SIZE, momentum=MOMENTUM, nesterov=True)
        return Training(optimizer=optimizer, schedule=triangle, loss=loss, batch_size=batch)


    def triangle(progress):
        """Rises over WARM_UP, then falls in a straight line to zero."""
        if progress < WARM_UP:
            return progress / WARM_UP
        return (1 - progress) / (1 - WARM_UP)


    def loss(logits, targets):
        return F.cross_entropy(logits, targets, label_smoothing=LABEL_SMOOTHING)


    def fit(model, data, ctx):
        """The usual loop, but each step uses the gradient at the worst point within RADIUS (Foret et al. 2021); the moving average
        is kept.
        """
        training = ctx.training
        optimizer = training.optimizer
        scheduler = LambdaLR(optimizer, lambda step: training.schedule(step / ctx.step_count))
        average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(EMA_DECAY), use_buffers=True)
        batches = data(training.batch_size)
        for _ in ctx.steps():
            images, targets = next(batches)
            loss = backward(model, ctx, images, targets)
            moves = climb(model)
            backward(model, ctx, images, targets)
            for weight, move in moves:
                weight.data.sub_(move)
            optimizer.step()
            scheduler.step()
            average.update_parameters(model)
            ctx.report(loss)
        return average.module


    def backward(model, ctx, images, targets):
        """Leaves the gradients of a batch in the weights; returns its loss."""
        model.zero_grad()
        with ctx.autocast():
            logits = model(images)
        loss = ctx.training.loss(logits.float(), targets)
        loss.backward()
        return float(loss.detach())


    @torch.no_grad()
    def climb(model):
        """Moves the weights by RADIUS in the direction in which the loss rises fastest; returns each weight with its move."""
        weights = [weight for weight in model.parameters() if weight.grad is not None]
        norm = torch.stack([weight.grad.norm() for weight in weights]).norm()
        moves = [(weight, weight.grad * (RADIUS / (norm + 1e-12))) for weight in weights]
        for weight, move in moves:
            weight.add_(move)
        return moves
    "
  `)
})

test('a loss that depends on the sizes of the classes is made from them', () => {
  const design = { ...TUTORIAL_TRAINING, loss: { name: 'focal', focus: 2 }, classBalance: { name: 'weights', power: 0.5 } } as const
  expect(renderTraining(design)).toMatchInlineSnapshot(`
    """"Adam and a constant learning rate, a focal loss, rare classes counted more."""

    import torch
    import torch.nn.functional as F

    from improve_harness.contract import Training

    BATCH_SIZE = 64  # images
    PEAK_RATE = 1e-3  # per batch of 64; Adam's own default
    FOCUS = 2.0  # power of what is missing to certainty
    WEIGHT_POWER = 0.5  # a class counts by (mean size / its size) to this power; 0.5 is the square root, 1 makes all classes equal


    def configure(model, info):
        optimizer = torch.optim.Adam(model.parameters(), lr=PEAK_RATE)
        return Training(optimizer=optimizer, schedule=constant, loss=make_loss(info), batch_size=BATCH_SIZE)


    def constant(progress):
        """Stays the same."""
        return 1.0


    def make_loss(info):
        """Images that are right already count less (Lin et al. 2017). An image of a rare class counts more, on average over all
        images once.
        """
        counts = torch.tensor(info.class_counts, dtype=torch.float32, device=info.device).clamp(min=1)
        weight = counts**-WEIGHT_POWER
        weight = weight * counts.sum() / (weight * counts).sum()

        def loss(logits, targets):
            losses = F.cross_entropy(logits, targets, weight=weight, reduction="none")
            return ((1 - torch.exp(-F.cross_entropy(logits, targets, reduction="none"))) ** FOCUS * losses).mean()

        return loss
    "
  `)
})

test('the reason of a choice stands behind its number, above it where it is long', () => {
  const why = { peakRate: 'half of what made the loss jump', labelSmoothing: Array(30).fill('long').join(' ') }
  const source = renderTraining({ ...SMALL_TRAINING, why })
  expect(source).toContain('PEAK_RATE = 0.1  # per batch of 128; half of what made the loss jump\n')
  expect(source).toMatch(/\n# of each target is spread over all classes; long.*\n# .*long\nLABEL_SMOOTHING = 0.1\n/)
})

test('reasons do not change the fingerprint, choices do', () => {
  const why = { peakRate: 'a reason' }
  expect(fingerprintOf({ ...SMALL_TRAINING, why })).toBe(fingerprintOf(SMALL_TRAINING))
  expect(fingerprintOf({ ...SMALL_TRAINING, peakRate: 0.2 })).not.toBe(fingerprintOf(SMALL_TRAINING))
})
