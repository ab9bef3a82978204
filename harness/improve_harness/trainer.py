"""Smoke, ask the host for the step budget, train, save the weights. Runs pipeline code; holds no label of val or test."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from . import protocol
from .contract import FitContext, Info, Training
from .dev_look import DevLook
from .device import Machine, peak_memory_bytes, seed_everything
from .hang_trace import trace_before
from .jobs import info_of
from .loop import Meter, diverged, loss_and_accuracy, train_steps
from .pipeline import Pipeline, guard
from .protocol import Failure, emit
from .smoke import Smoke, smoke
from .torchvision_shim import install
from .training_data import Batches, Fold, predict_rows

POINTS = 8  # curve points, at equal fractions of the steps
CURVE_SHARE = 0.03  # of the train seconds, for evaluating the curve points
PROBE_SHARE = 0.03  # of the train seconds, for asking the finished model about changed dev images
CURVE_IMAGES = (32, 1024)  # fewest and most images of train and of dev at a curve point
EVAL_BATCH = 256
STEP_REPORT_SECONDS = 1.0  # between two signs of life, which the time left is told from


@guard("")  # what nobody foresaw comes from the pipeline's objects too; the host knows the stage
def run(job: dict[str, Any]) -> None:
    install()
    machine, fold = Machine.of(job), Fold(job)
    emit("process.ready")
    trace_before(job.get("deadlineSeconds"))
    pipeline = Pipeline(Path(job["paths"]["code"]), "smoke")
    info = info_of(job, pipeline.size)
    steps, rate = job.get("steps"), job.get("imagesPerSecond")
    if steps is None:
        tried = smoke(pipeline, fold, info, machine, job["seed"])
        steps, rate = ask_budget(tried), tried.images_per_second
    pipeline.stage = "train"
    train(job, pipeline, fold, info, machine, int(steps), float(rate or 0))


def ask_budget(tried: Smoke) -> int:
    answer = protocol.ask(
        "smoke.passed",
        imagesPerSecond=tried.images_per_second,
        cpuSecondsPerImage=tried.cpu_seconds_per_image,
        batchSize=tried.batch_size,
        dataShare=tried.data_share,
        peakMemoryBytes=tried.peak_memory_bytes,
        parameterCount=tried.parameter_count,
        firstLoss=tried.first_loss,
        expectedLoss=tried.expected_loss,
    )
    trace_before(answer.get("deadlineSeconds"))
    return int(answer["steps"])


def train(job: dict[str, Any], pipeline: Pipeline, fold: Fold, info: Info, machine: Machine, steps: int, rate: float) -> None:
    """Everything is seeded and built anew, so that a training can be repeated from its seed and step count alone."""
    seed_everything(job["seed"])
    started, cpu_started = time.perf_counter(), time.process_time()
    model = machine.place_model(pipeline.build_model(info))
    training = pipeline.configure(model, info)
    batches = Batches(fold, pipeline, info, machine)
    curve = Curve(pipeline, fold, info, machine, steps, rate)
    fit = pipeline.optional("training", "fit")
    if fit:
        final = run_fit(fit, model, training, batches, steps, machine, curve)
    else:
        final = train_steps(model, training, batches(training.batch_size), steps, machine, curve.watch)
    check_finite(final)
    look_at_dev(DevLook(pipeline, fold, info, machine, final), PROBE_SHARE * info.train_seconds if job.get("probes") else None)
    save_weights(final, Path(job["paths"]["out"]) / "weights.safetensors")
    emit(
        "train.finished",
        steps=steps,
        trainSeconds=time.perf_counter() - started,
        cpuSeconds=time.process_time() - cpu_started,
        dataSeconds=batches.seconds,
        peakMemoryBytes=peak_memory_bytes(),
        parameterCount=sum(p.numel() for p in final.parameters()),
        batchSize=training.batch_size,
    )


def look_at_dev(look: DevLook, probe_seconds: float | None) -> None:
    """Tells what the finished model does on all dev images; without any there is nothing to tell."""
    with guard("train"):
        report = look.report(probe_seconds)
    if report is not None:
        emit("train.dev", report=report)


class Curve:
    """Emits train.progress at fixed fractions: running loss of training, loss and accuracy on some train and dev images."""

    def __init__(self, pipeline: Pipeline, fold: Fold, info: Info, machine: Machine, steps: int, rate: float):
        self.fold, self.machine, self.steps = fold, machine, steps
        self.transform = pipeline.eval_transform(info)
        self.marks = {max(1, round(steps * (k + 1) / POINTS)) for k in range(POINTS)}
        allowed = int(CURVE_SHARE * info.train_seconds * 3 * rate / (2 * POINTS))  # a forward pass is about a third of a step
        self.count = max(CURVE_IMAGES[0], min(CURVE_IMAGES[1], allowed))
        self.meter, self.started = Meter(), time.perf_counter()
        self.told_at = self.started

    def watch(self, step: int, loss: float, accuracy: float, model: nn.Module) -> None:
        """Is told of each step; `model` is the one that would be kept if training ended here."""
        self.meter.add(loss, accuracy)
        if time.perf_counter() - self.told_at >= STEP_REPORT_SECONDS:
            self.told_at = time.perf_counter()
            emit("train.step", step=step)
        if step in self.marks:
            self.emit(model, step)

    def emit(self, model: nn.Module, step: int) -> None:
        elapsed = time.perf_counter() - self.started
        running_loss, _ = self.meter.read()
        was_training = model.training
        model.eval()
        train_loss, train_accuracy = self.evaluate(model, self.fold.train_rows)
        dev_loss, dev_accuracy = self.evaluate(model, self.fold.dev_rows)
        model.train(was_training)
        emit(
            "train.progress",
            fraction=step / self.steps,
            step=step,
            steps=self.steps,
            runningLoss=running_loss,
            trainLoss=train_loss,
            trainAccuracy=train_accuracy,
            devLoss=dev_loss,
            devAccuracy=dev_accuracy,
            imageCount=self.count,
            elapsedSeconds=elapsed,
            memoryBytes=peak_memory_bytes(),
        )

    def evaluate(self, model: nn.Module, rows: torch.Tensor) -> tuple[float, float]:
        some = rows[: self.count]  # rows lie in an order that says nothing, so the first ones are a fair sample
        with guard("train"), self.machine.autocast():
            logits = predict_rows(model, self.transform, self.fold.store, some, self.machine, [_identity], EVAL_BATCH)
        return loss_and_accuracy(logits, self.fold.labels[some])


def run_fit(
    fit: Any, model: nn.Module, training: Training, batches: Batches, steps: int, machine: Machine, curve: Curve
) -> nn.Module:
    """The pipeline's own loop. It may return the model to keep; the one it was given otherwise.

    Raises Failure("diverged") when it reports a loss that is not finite.
    """

    def on_step(step: int, loss: float, accuracy: float) -> None:
        if not math.isfinite(loss):
            raise diverged(loss, step, steps)
        curve.watch(step, loss, accuracy, model)

    context = FitContext(steps, machine.device, machine.autocast, on_step, training)
    with guard("train"):
        returned = fit(model, batches, context)
    if context.done < steps:
        raise Failure("contract", f"training.py: fit ended after {context.done:,} of {steps:,} steps", stage="train")
    return returned if isinstance(returned, nn.Module) else model


def check_finite(model: nn.Module) -> None:
    """Raises Failure("diverged") when a weight is not finite, so that no broken model is ever predicted with."""
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise Failure("diverged", f"the trained weights hold values that are not finite ({name})", stage="train")


def save_weights(model: nn.Module, path: Path) -> None:
    from safetensors.torch import save_model

    model = model.to("cpu").to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    with guard("train"):
        save_model(model, str(path))


def _identity(images: torch.Tensor) -> torch.Tensor:
    return images
