"""The training loop: a given number of steps over the schedule, with precision, averaging, curves and guards owned by the harness."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .contract import Ema, Training, logits_of
from .device import Machine
from .pipeline import guard
from .protocol import Failure

Report = Callable[[int, float, float, nn.Module], None]


def train_steps(
    model: nn.Module, training: Training, batches: Iterable[tuple[Tensor, Tensor]], steps: int, machine: Machine, report: Report
) -> nn.Module:
    """Runs `steps` optimizer steps and returns the model to evaluate (the average where `averaging` asks for one).

    `report(step, loss, accuracy, model)` is called after each step with loss and accuracy of its batch and the model to evaluate so far.
    Raises Failure("diverged") when the loss is not finite.
    """
    model.train()
    optimizers = training.optimizers
    rates = [[group["lr"] for group in optimizer.param_groups] for optimizer in optimizers]
    average = Average(model, training.averaging) if training.averaging else None
    source = iter(batches)
    for step in range(steps):
        with guard("train"):
            factor = float(training.schedule(step / max(1, steps - 1)))
        for optimizer, base in zip(optimizers, rates, strict=True):
            for group, rate in zip(optimizer.param_groups, base, strict=True):
                group["lr"] = rate * factor
        images, targets = next(source)
        loss, correct = train_step(model, training, images, targets, machine)
        if not math.isfinite(loss):
            raise diverged(loss, step + 1, steps)
        if average:
            average.update(model, step)
        report(step + 1, loss, correct, average.model if average else model)
    return average.model if average else model


def diverged(loss: float, step: int, steps: int) -> Failure:
    message = f"the loss became {loss} at step {step:,} of {steps:,}; a lower peak rate or clip_norm helps"
    return Failure("diverged", message, stage="train")


def train_step(model: nn.Module, training: Training, images: Tensor, targets: Tensor, machine: Machine) -> tuple[float, float]:
    """One forward, backward and optimizer step: (loss, batch accuracy)."""
    with guard("train"):
        for optimizer in training.optimizers:
            optimizer.zero_grad(set_to_none=True)
        with machine.autocast():
            outputs = model(images)
        outputs = to_float(outputs)
        loss = training.loss(outputs, targets)
        loss.backward()
        if training.clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
        for optimizer in training.optimizers:
            optimizer.step()
        hard = targets if targets.dim() == 1 else targets.argmax(1)
        return float(loss.detach()), float((logits_of(outputs).detach().argmax(1) == hard).float().mean())


def to_float(outputs: Any) -> Any:
    """Losses are computed in float32 whatever the precision of the forward pass."""
    if isinstance(outputs, Tensor):
        return outputs.float() if outputs.is_floating_point() else outputs
    if isinstance(outputs, (tuple, list)):
        return type(outputs)(to_float(value) for value in outputs)
    if isinstance(outputs, dict):
        return {key: to_float(value) for key, value in outputs.items()}
    return outputs


class Average:
    """The exponential moving average of a model's weights and statistics, as a model of its own."""

    def __init__(self, model: nn.Module, ema: Ema):
        self.decay = ema.decay
        self.model = copy.deepcopy(model).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        ours, theirs = list(_floating(self.model)), list(_floating(model))
        torch._foreach_lerp_(ours, theirs, weight)
        for mine, other in zip(self.model.buffers(), model.buffers(), strict=True):
            if not mine.is_floating_point():
                mine.copy_(other)


def _floating(model: nn.Module) -> Iterable[Tensor]:
    yield from (p.data for p in model.parameters())
    yield from (b for b in model.buffers() if b.is_floating_point())


class Meter:
    """Mean training loss and accuracy since it was last read."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.loss = self.accuracy = 0.0
        self.count = 0

    def add(self, loss: float, accuracy: float) -> None:
        self.loss, self.accuracy, self.count = self.loss + loss, self.accuracy + accuracy, self.count + 1

    def read(self) -> tuple[float, float]:
        count = max(1, self.count)
        values = self.loss / count, self.accuracy / count
        self.loss = self.accuracy = 0.0
        self.count = 0
        return values


def loss_and_accuracy(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean cross-entropy in nats, share right; both NaN without images, as dev is where each class is one group."""
    if not len(labels):
        return math.nan, math.nan
    return float(F.cross_entropy(logits, labels)), float((logits.argmax(1) == labels).float().mean())
