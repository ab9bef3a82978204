"""The contract of a pipeline: three Python files that the harness imports, trains, and predicts with.

data.py      IMAGE_SIZE                       side in pixels, or (height, width), of what the model sees
             train_transform(info)            -> Transform: `batched(fn)` or `per_image(fn)`
             eval_transform(info)             -> nn.Module: uint8 [n, C, h, w] -> float32 [n, C, H, W]; no randomness
             batch_transform(info)            optional -> fn(images, targets) -> (images, targets): mixup, cutmix
             sample_weights(info)             optional -> one non-negative weight a class: how often its images are drawn
             tta(info)                        optional -> list of fn(float NCHW) -> float NCHW; logits are averaged over them

model.py     build_model(info)                -> nn.Module: float32 [n, C, H, W] -> logits [n, classes]
             PRETRAINED                       optional: literal names of the weights it wants
             In training mode the model may return (logits, anything else); the loss then receives all of it.

training.py  configure(model, info)           -> Training: optimizer, schedule, loss, batch size, averaging
             fit(model, data, ctx)            optional: replaces the loop; `batches = data(batch_size)`, then
                                               `for progress in ctx.steps(): images, targets = next(batches)`;
                                               `ctx.training` is what `configure` returned

What the pipeline sees
- Stored images are uint8. When all have one shape (`info.uniform_shape`), a batched transform gets a tensor [n, C, h, w]. Else it gets a
  list of [C, h, w] tensors and its first act is to make them one size: `ops.fit`, `ops.random_resized_crop`.
- `eval_transform` gets batches of one shape each, but any shape when the stored images differ. It is part of the model that is used
  later, so it works on tensors alone: no Pillow, no NumPy, nothing read from disk.
- Targets are class numbers, int64 [n], or, after a batch_transform, class probabilities, float32 [n, classes].
- Every random choice of `train_transform` is drawn once per image, never once per batch: `torch.rand(n, ...)`, not `torch.rand(1)`.
  The same holds for turning, moving or mirroring in batch_transform; only mixing may share one draw (one lambda for a batch).
  The batched operations of `improve_harness.ops` do that. torchvision's v2 transforms, called on a batch, do not: wrap them in `per_image`.

What belongs to the harness, not to the pipeline: the loop, threads, precision (autocast), memory layout, seeds, deadline, reporting,
checkpoints. A training is given a number of steps, so a slower model or a larger input gets fewer of them.

What is checked before a training is paid for: the files parse and import only what is allowed, three batches run forward and backward,
shapes fit, losses are finite, the first loss is near ln(classes), the evaluation transform gives the same result twice.
A last layer whose logits start large is the most expensive slip seen in practice: the first epochs are spent shrinking it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

Images = Tensor | list[Tensor]


@dataclass(frozen=True)
class Info:
    """What a pipeline may know of the dataset and of its budget."""

    classes: tuple[str, ...]
    """Class names, cleaned for display; position is the class number."""
    channels: int
    """1 (grey) or 3 (RGB)."""
    uniform_shape: tuple[int, int] | None
    """(height, width) in pixels when all stored images have it, else None."""
    typical_shape: tuple[int, int]
    """Median (height, width) of the stored images."""
    input_size: tuple[int, int]
    """(height, width) of what the model sees: IMAGE_SIZE of the pipeline's data.py."""
    mean: tuple[float, ...]
    """Per channel, of pixel values scaled to 0..1, over the train parts."""
    std: tuple[float, ...]
    class_counts: tuple[int, ...]
    """Images per class in the train parts."""
    train_count: int
    """Images to fit on: the train parts without dev."""
    train_seconds: float
    """Wall seconds this training may take on this machine."""
    reference_speed: float
    """Measured on this machine: images per second in training of the reference net (14.7 M multiply-adds a 28 x 28 grey picture)."""
    device: str = "cpu"

    @property
    def class_count(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class Transform:
    """A training transform and how it wants to be called."""

    kind: Literal["batched", "per_image"]
    apply: Callable[[Any], Tensor]


def batched(apply: Callable[[Any], Tensor]) -> Transform:
    """`apply` takes a whole batch (uint8 [n, C, h, w], or a list of [C, h, w]) and returns float32 [n, C, H, W]."""
    return Transform("batched", apply)


def per_image(apply: Callable[[Tensor], Tensor]) -> Transform:
    """`apply` takes one uint8 [C, h, w] image and returns float32 [C, H, W]. Slower; draws its random numbers per image by nature."""
    return Transform("per_image", apply)


@dataclass(frozen=True)
class Ema:
    """Exponential moving average of the weights; the average is evaluated and saved.

    The decay is warmed up as min(decay, (1 + step) / (10 + step)), so that short runs do not average in the random start.
    """

    decay: float = 0.999


@dataclass(frozen=True)
class Training:
    """What `configure` returns."""

    optimizer: torch.optim.Optimizer | Sequence[torch.optim.Optimizer]
    """One, or several that share the parameters out among them (for example Muon for matrices and SGD for the rest)."""
    schedule: Callable[[float], float]
    """Progress 0..1 -> factor on each parameter group's own learning rate."""
    loss: Callable[[Any, Tensor], Tensor]
    """(what the model returned, targets) -> scalar."""
    batch_size: int = 128
    averaging: Ema | None = None
    clip_norm: float | None = None
    """Gradients are scaled down to this total L2 norm."""

    @property
    def optimizers(self) -> list[torch.optim.Optimizer]:
        return [self.optimizer] if isinstance(self.optimizer, torch.optim.Optimizer) else list(self.optimizer)


@dataclass
class FitContext:
    """What `fit` is given beside model and data."""

    step_count: int
    device: str
    autocast: Callable[[], Any]
    """Context manager with the precision the harness chose."""
    on_step: Callable[[int, float, float], None]
    """(step, loss, batch accuracy), called by `report`."""
    training: Training
    """What `configure` returned for this model; its averaging and clip_norm are left to `fit`."""
    done: int = field(default=0)

    def steps(self) -> Iterator[float]:
        """Yields the progress 0..1 before each step of the budget; training ends when it ends."""
        for index in range(self.step_count):
            self.done = index
            yield index / max(1, self.step_count)
        self.done = self.step_count

    def report(self, loss: float, accuracy: float = math.nan) -> None:
        """Tells the harness how the current step went."""
        self.on_step(self.done + 1, loss, accuracy)


def logits_of(outputs: Any) -> Tensor:
    """The logits in what a model returned: the tensor itself, or the first of a tuple."""
    return outputs[0] if isinstance(outputs, (tuple, list)) else outputs


def image_size(value: int | Sequence[int]) -> tuple[int, int]:
    """IMAGE_SIZE as (height, width)."""
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


__all__ = [
    "Ema",
    "FitContext",
    "Images",
    "Info",
    "Tensor",
    "Training",
    "Transform",
    "batched",
    "image_size",
    "logits_of",
    "nn",
    "per_image",
]
