"""Seconds of trial before a training is paid for: shapes, finite losses, start near ln(classes), honest randomness, speed, memory.

Every finding is a `Failure` with a sentence that says what to change. Not covered: whether the pipeline learns anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .contract import Info, Training, Transform, logits_of
from .device import Machine, peak_memory_bytes, seed_everything
from .pipeline import Pipeline, guard
from .protocol import Failure
from .randomness import BATCHES, COPIES, copies_of, shared_draws, telling_picture
from .speed import measure_speed
from .training_data import Batches, Fold, batch_size_of, views_of

MAX_PARAMETERS = 1_000_000_000
SAME_IMAGE_COPIES = 32  # of one picture, in the batch whose shape is looked at


@dataclass(frozen=True)
class Smoke:
    images_per_second: float
    cpu_seconds_per_image: float | None
    batch_size: int
    data_share: float
    peak_memory_bytes: int
    parameter_count: int
    first_loss: float
    expected_loss: float


def smoke(pipeline: Pipeline, fold: Fold, info: Info, machine: Machine, seed: int) -> Smoke:
    """Raises Failure, or returns what the budget and the report need."""
    seed_everything(seed)
    check_eval_transform(pipeline, fold, info)
    check_randomness(pipeline, pipeline.train_transform(info), fold)
    batches = Batches(fold, pipeline, info, machine)
    check_mixing(batches)
    model = machine.place_model(pipeline.build_model(info))
    parameter_count = sum(p.numel() for p in model.parameters())
    if parameter_count > MAX_PARAMETERS:
        raise _failure(f"model.py: {parameter_count:,} parameters, at most {MAX_PARAMETERS:,} are allowed")
    # Before the optimizer is made, for which torch imports a second's worth of modules: most crashes are found without them.
    check_evaluation_mode(model, batches, info)
    training = pipeline.configure(model, info)
    first_loss = check_first_batch(pipeline, model, training, batches, info, machine)
    check_views(pipeline, model, fold, info, machine)
    rate, cpu_seconds, share = measure_speed(pipeline, model, training, batches, fold, machine)
    return Smoke(
        images_per_second=rate,
        cpu_seconds_per_image=cpu_seconds if machine.device == "cpu" else None,
        batch_size=batch_size_of(training, fold),
        data_share=share,
        peak_memory_bytes=peak_memory_bytes(),
        parameter_count=parameter_count,
        first_loss=first_loss,
        expected_loss=math.log(info.class_count),
    )


def check_eval_transform(pipeline: Pipeline, fold: Fold, info: Info) -> None:
    """Deterministic, float32 of IMAGE_SIZE, and the same for an image alone as in a batch: what export and parity need."""
    transform = pipeline.eval_transform(info)
    rows = fold.train_rows[:8]
    height, width = pipeline.size
    for row in rows.tolist():
        image = fold.store.gather(torch.tensor([row]))[0].unsqueeze(0)
        with guard("smoke"), torch.no_grad():
            once, again, batch = transform(image), transform(image), transform(image.expand(3, -1, -1, -1))
        expected = (1, once.shape[1] if once.dim() == 4 else 0, height, width)
        if tuple(once.shape) != expected or once.dtype != torch.float32:
            raise _failure(
                f"data.py: eval_transform gave {_shape(once)}, expected float32 [n, channels, {height}, {width}] (IMAGE_SIZE)"
            )
        if not torch.isfinite(once).all():
            raise _failure("data.py: eval_transform gave values that are not finite; is a standard deviation zero?")
        if not torch.equal(once, again):
            raise _failure("data.py: eval_transform gave two results for one image; it must draw no random numbers")
        if not torch.allclose(once.expand_as(batch), batch, atol=1e-4):
            raise _failure(
                "data.py: eval_transform treats an image differently in a batch than alone; use no statistics of the batch"
            )


def check_randomness(pipeline: Pipeline, transform: Transform, fold: Fold) -> None:
    """float32 of IMAGE_SIZE, finite, as many pictures as came in, and random numbers of each picture's own."""
    height, width = pipeline.size
    picture = fold.store.gather(telling_picture(fold.store, fold.train_rows))
    images = pipeline.augment(transform, copies_of(picture, SAME_IMAGE_COPIES))
    if images.dim() != 4 or tuple(images.shape[2:]) != (height, width) or images.dtype != torch.float32:
        raise _failure(
            f"data.py: train_transform gave {_shape(images)}, expected float32 [n, channels, {height}, {width}] (IMAGE_SIZE)"
        )
    if not torch.isfinite(images).all():
        raise _failure("data.py: train_transform gave values that are not finite")
    if len(images) != SAME_IMAGE_COPIES:
        raise _failure(f"data.py: train_transform returned {len(images)} images for {SAME_IMAGE_COPIES}")
    if transform.kind == "per_image":  # is called for one picture at a time and knows no batch
        return
    times = shared_draws(lambda: pipeline.augment(transform, copies_of(picture, COPIES)))
    if times:
        raise _shared("train_transform", times, ", or use per_image")


def check_mixing(batches: Batches) -> None:
    """A batch_transform may mix by one draw for the batch, as the papers do, but turns or mirrors each picture by its own.

    A picture mixed with itself is itself. Where copies of one come out with other values, mixing of some kind did it: left alone.
    """
    fold, mix = batches.fold, batches.mix
    if not mix:
        return
    row = telling_picture(fold.store, fold.train_rows)
    images = batches.pipeline.augment(batches.transform, copies_of(fold.store.gather(row), 1)).repeat(COPIES, 1, 1, 1)
    targets = fold.labels[row].repeat(COPIES)
    values, is_mixed = images.flatten(1).sort().values, False

    def moved() -> Tensor:
        nonlocal is_mixed
        with guard("smoke"):
            result, _ = mix(images.clone(), targets.clone())
        if result.shape == images.shape and torch.allclose(result.float().flatten(1).sort().values, values, atol=1e-4):
            return result
        is_mixed = True
        return images

    times = shared_draws(moved)
    if times and not is_mixed:
        raise _shared("batch_transform", times, "")


def check_evaluation_mode(model: nn.Module, batches: Batches, info: Info) -> None:
    """Finite logits of the right shape from two pictures."""
    images, _ = batches.load(batches.fold.train_rows[:2])
    with guard("smoke"), torch.no_grad():
        logits = model.eval()(images.float())
    if not isinstance(logits, Tensor) or tuple(logits.shape) != (len(images), info.class_count):
        raise _failure(f"model.py: in evaluation mode the model gave {_shape(logits)}, expected logits [n, {info.class_count}]")
    if not torch.isfinite(logits).all():
        raise _failure("model.py: in evaluation mode the untrained model gives logits that are not finite")


def check_first_batch(
    pipeline: Pipeline, model: nn.Module, training: Training, batches: Batches, info: Info, machine: Machine
) -> float:
    """Shape of the logits in training mode, a finite loss, and a start near the loss of guessing."""
    images, targets = next(batches(batch_size_of(training, batches.fold)))
    n, classes = len(images), info.class_count
    with guard("smoke"), torch.no_grad():
        model.train()
        with machine.autocast():
            outputs = model(images)
        logits = logits_of(outputs).float()
    if tuple(logits.shape) != (n, classes):
        raise _failure(f"model.py: in training mode the logits are {_shape(logits)}, expected [{n}, {classes}]")
    first = float(F.cross_entropy(logits, targets))
    guess = math.log(classes)
    if not math.isfinite(first):
        raise _failure("model.py: the untrained model gives logits that are not finite")
    if first > 1.6 * guess + 0.8:
        raise _failure(
            f"model.py: the first loss is {first:.2f}, guessing would give ln({classes}) = {guess:.2f}; the last layer starts too large: "
            "initialise its weights with a small standard deviation (0.01) and its bias with zero"
        )
    return first


def check_views(pipeline: Pipeline, model: nn.Module, fold: Fold, info: Info, machine: Machine) -> None:
    """Each view of `tta` keeps what the model accepts."""
    transform = pipeline.eval_transform(info)
    image = fold.store.gather(fold.train_rows[:1])[0].unsqueeze(0)
    for view in views_of(pipeline, info):
        with guard("smoke"), torch.no_grad():
            logits = model.eval()(machine.place_images(view(transform(image))))
        if tuple(logits.shape) != (1, info.class_count):
            raise _failure(f"data.py: a view of tta led to logits {_shape(logits)}, expected [1, {info.class_count}]")
    model.train()


def _shared(name: str, times: float, otherwise: str) -> Failure:
    return _failure(
        f"data.py: {name} draws random numbers for the whole batch: {BATCHES} batches of {COPIES} copies of one image differ "
        f"{times:.1f} times as much from each other as images with draws of their own would; one coin or one strength is shared by all "
        f"images of a batch: draw them per image, torch.rand(n) instead of torch.rand(1){otherwise}"
    )


def _shape(value: object) -> str:
    return (
        f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
        if isinstance(value, Tensor)
        else f"a {type(value).__name__}"
    )


def _failure(message: str) -> Failure:
    return Failure("contract", message, stage="smoke")
