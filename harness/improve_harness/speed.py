"""How fast a pipeline trains here: some real training steps, timed by the clock and by CPU time."""

from __future__ import annotations

import itertools
import math
import time
from typing import Any

from torch import nn

from .contract import FitContext, Training
from .device import Machine, synchronize
from .loop import train_step
from .pipeline import Pipeline, guard
from .protocol import Failure
from .training_data import Batches, Fold, batch_size_of

MIN_BATCHES = 3  # forward and backward
TIMED_SECONDS = 1.2  # then the speed is known within a few percent on a quiet machine
UNSTEADY_SECONDS = 4.0  # on a busy one it takes longer to meet quiet moments
UNSTEADY = 1.3  # median over fast steps from which a machine counts as busy
MAX_BATCHES = 400


def measure_speed(
    pipeline: Pipeline, model: nn.Module, training: Training, batches: Batches, fold: Fold, machine: Machine
) -> tuple[float, float, float]:
    """(images per second of whole training steps, CPU seconds an image of all threads, share of the seconds spent on data)."""
    fit = pipeline.optional("training", "fit")
    if fit:
        return _measure_fit(fit, model, training, batches, fold, machine)
    size = batch_size_of(training, fold)
    source = batches(size)
    seconds: list[float] = []
    cpu_seconds: list[float] = []
    started = time.perf_counter()
    while not _is_timed(seconds, time.perf_counter() - started):
        begun, cpu_begun = time.perf_counter(), time.process_time()
        images, targets = next(source)
        loss, _ = train_step(model, training, images, targets, machine)
        synchronize(machine.device)
        seconds.append(time.perf_counter() - begun)
        cpu_seconds.append(time.process_time() - cpu_begun)
        if not math.isfinite(loss):
            raise _failure(f"training.py: the loss became {loss} at step {len(seconds)}; a lower rate or clip_norm helps")
        if len(seconds) == 1:  # the first step pays for allocation and lazy imports
            batches.seconds = 0.0
    return size / _fast_step(seconds[1:]), _fast_step(cpu_seconds[1:]) / size, batches.seconds / max(1e-9, sum(seconds[1:]))


def _is_timed(seconds: list[float], elapsed: float) -> bool:
    """Enough steps were timed to know the speed of this pipeline on a machine left to itself."""
    if len(seconds) < MIN_BATCHES:
        return False
    if len(seconds) >= MAX_BATCHES or elapsed >= UNSTEADY_SECONDS:
        return True
    return elapsed >= TIMED_SECONDS and sorted(seconds[1:])[len(seconds) // 2 - 1] < UNSTEADY * _fast_step(seconds[1:])


def _fast_step(seconds: list[float]) -> float:
    """Mean of the fastest quarter: neighbours only ever slow a step down, and trials must not be given fewer steps for their sake."""
    fast = sorted(seconds)[: max(1, len(seconds) // 4)]
    return sum(fast) / len(fast)


def _measure_fit(
    fit: Any, model: nn.Module, training: Training, batches: Batches, fold: Fold, machine: Machine
) -> tuple[float, float, float]:
    """A pipeline with its own loop is timed by a short run of that loop, first step apart."""
    clock: list[float] = []
    cpu_clock: list[float] = []

    def mark() -> None:
        clock.append(time.perf_counter())
        cpu_clock.append(time.process_time())

    def on_step(step: int, loss: float, accuracy: float) -> None:
        mark()
        if not math.isfinite(loss):
            raise _failure(f"training.py: fit reported the loss {loss} at step {step}")

    context = FitContext(MIN_BATCHES + 3, machine.device, machine.autocast, on_step, training)
    started, cpu_started = time.perf_counter(), time.process_time()
    with guard("smoke"):
        fit(model, batches, context)
    if context.done < context.step_count:
        raise _failure(
            f"training.py: fit ended after {context.done} of {context.step_count} steps; loop over ctx.steps() to its end"
        )
    size, total = batch_size_of(training, fold), time.perf_counter() - started
    if len(clock) < 3:  # a loop that does not report its steps is known only as a whole
        cpu_total = time.process_time() - cpu_started
        return (
            size * context.step_count / max(1e-6, total),
            cpu_total / context.step_count / size,
            batches.seconds / max(1e-9, total),
        )
    return size / max(1e-6, _fast_step(_gaps(clock))), _fast_step(_gaps(cpu_clock)) / size, batches.seconds / max(1e-9, total)


def _gaps(marks: list[float]) -> list[float]:
    return [after - before for before, after in itertools.pairwise(marks)]


def _failure(message: str) -> Failure:
    return Failure("contract", message, stage="smoke")
