"""What a training draws its batches from: rows in a fresh random order each epoch (or by class weight), transformed, placed on the device."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .contract import Info, Training
from .device import Machine
from .pipeline import Pipeline, guard
from .protocol import Failure
from .store import Store, image_rows_by_shape, load_labels, load_rows


class Fold:
    """The images of one training: rows to fit on, rows of dev, labels of both."""

    def __init__(self, job: dict[str, Any]):
        folder, info = Path(job["paths"]["data"]) / "parts", job["info"]
        parts = [part["name"] for part in job["parts"]]
        shape = tuple(info["uniformShape"]) if info["uniformShape"] else None
        self.store = Store(folder, parts, info["channels"], shape)
        self.labels = load_labels(folder, parts)
        # A refit has no dev: it fits on every image.
        self.dev_rows = load_rows(Path(job["devRows"])) if job["devRows"] else torch.empty(0, dtype=torch.int64)
        is_dev = torch.zeros(len(self.labels), dtype=torch.bool)
        is_dev[self.dev_rows] = True
        self.train_rows = torch.nonzero(~is_dev).flatten()


class Batches:
    """Endless batches (images, targets) for one training; counts the seconds that data took."""

    def __init__(self, fold: Fold, pipeline: Pipeline, info: Info, machine: Machine):
        self.fold, self.pipeline, self.machine = fold, pipeline, machine
        self.transform = pipeline.train_transform(info)
        with guard(pipeline.stage):
            make_mix = pipeline.optional("data", "batch_transform")
            self.mix = make_mix(info) if make_mix else None
            make_weights = pipeline.optional("data", "sample_weights")
            self.row_weights = _row_weights(make_weights(info), fold, info) if make_weights else None
        self.seconds = 0.0

    def __call__(self, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """float32 images [n, C, H, W] on the device and targets (int64 [n], or float32 [n, classes])."""
        for rows in self._rows(min(batch_size, len(self.fold.train_rows))):
            start = time.perf_counter()
            batch = self.load(rows)
            self.seconds += time.perf_counter() - start
            yield batch

    def load(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        images = self.pipeline.augment(self.transform, self.fold.store.gather(rows))
        targets = self.fold.labels[rows]
        if self.mix:
            with guard(self.pipeline.stage):
                images, targets = self.mix(images, targets)
        return self.machine.place_images(images), targets.to(self.machine.device)

    def _rows(self, batch_size: int) -> Iterator[Tensor]:
        rows = self.fold.train_rows
        if self.row_weights is not None:
            while True:
                yield rows[torch.multinomial(self.row_weights, batch_size, replacement=True)]
        left = rows[:0]
        while True:
            while len(left) < batch_size:  # the tail of an epoch joins the head of the next: no short batches, no image left out
                left = torch.cat([left, rows[torch.randperm(len(rows))]])
            yield left[:batch_size]
            left = left[batch_size:]


def _row_weights(weights: Any, fold: Fold, info: Info) -> Tensor:
    by_class = torch.as_tensor(weights, dtype=torch.float64)
    if by_class.shape != (info.class_count,) or not torch.isfinite(by_class).all() or (by_class < 0).any() or by_class.sum() == 0:
        raise Failure("contract", f"data.py: sample_weights must give {info.class_count} non-negative finite weights, one a class")
    return by_class[fold.labels[fold.train_rows]]


@torch.inference_mode()
def predict_rows(
    model: nn.Module, transform: nn.Module, store: Store, rows: Tensor, machine: Machine, views: list[Any], batch: int
) -> Tensor:
    """Logits float32 [len(rows), classes] on the CPU, in the order of `rows`: float32 precision, averaged over `views`.

    Without rows the model is not asked, so that the number of classes stays unknown: [0, 0].
    """
    if not len(rows):
        return torch.empty(0, 0)
    logits: Tensor | None = None
    position = {int(row): index for index, row in enumerate(rows.tolist())}
    for chunk in image_rows_by_shape(store, rows, batch):
        images = store.gather(chunk)
        stacked = images if isinstance(images, Tensor) else torch.stack(images)
        inputs = transform(stacked)
        total = sum(model(machine.place_images(view(inputs))).float() for view in views) / len(views)
        if logits is None:
            logits = torch.empty(len(rows), total.shape[1])
        logits[torch.tensor([position[int(row)] for row in chunk])] = total.cpu()
    assert logits is not None
    return logits


def views_of(pipeline: Pipeline, info: Info) -> list[Any]:
    """The functions whose logits are averaged at prediction: those of `tta`, or the picture as it is."""
    make = pipeline.optional("data", "tta")
    if not make:
        return [lambda images: images]
    with guard(pipeline.stage):
        views = list(make(info))
    if not views or not all(callable(view) for view in views):
        raise Failure("contract", "data.py: tta must return a list of at least one function", stage=pipeline.stage)
    return views


def batch_size_of(training: Training, fold: Fold) -> int:
    return min(training.batch_size, len(fold.train_rows))
