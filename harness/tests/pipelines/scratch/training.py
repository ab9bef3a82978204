"""SGD with Nesterov momentum and a triangular learning rate, label smoothing, no decay on norms and biases."""

import torch
import torch.nn.functional as F

from improve_harness.contract import Training

BATCH_SIZE = 64  # images; small steps are free on a CPU and more of them help short trainings
PEAK_RATE = 0.05  # per batch of 64
WARM_UP = 0.2  # share of the steps with a rising rate
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4  # on weights of convolutions and the last layer
LABEL_SMOOTHING = 0.1
MIN_STEPS_AN_EPOCH = 8  # few pictures get a smaller batch, so that an epoch stays several steps


def configure(model, info):
    batch = max(16, min(BATCH_SIZE, info.train_count // MIN_STEPS_AN_EPOCH))
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": weights, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=PEAK_RATE * batch / BATCH_SIZE, momentum=MOMENTUM, nesterov=True)
    return Training(optimizer=optimizer, schedule=triangle, loss=loss, batch_size=batch)


def triangle(progress):
    """Rises over WARM_UP, then falls to zero."""
    return progress / WARM_UP if progress < WARM_UP else (1 - progress) / (1 - WARM_UP)


def loss(logits, targets):
    return F.cross_entropy(logits, targets, label_smoothing=LABEL_SMOOTHING)
