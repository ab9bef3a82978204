"""What the finished model does on the dev images, for diagnosis: right and wrong by class, confusions, and probes.

A probe changes the stored pictures in one way (`changes.py`) and asks the model again. It tells before anything is trained on such
pictures whether the change may alter what they mean. Untrusted like everything that the training process says of itself.
"""

from __future__ import annotations

import time
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .changes import CHANGES, COLOUR_CHANGES, Change
from .contract import Info
from .device import Machine
from .metrics import confusion_matrix, largest_confusions
from .pipeline import Pipeline
from .training_data import Fold, predict_rows, views_of

BATCH = 256
PROBE_IMAGES = (16, 512)  # fewest (below, nothing can be said) and most dev images that a probe asks about
OVERRUN = 2.0  # probes that turn out to take this many times their seconds are given up


class DevLook:
    def __init__(self, pipeline: Pipeline, fold: Fold, info: Info, machine: Machine, model: nn.Module):
        self.fold, self.machine, self.model, self.info = fold, machine, model.eval(), info
        self.transform = pipeline.eval_transform(info)
        self.views = views_of(pipeline, info)

    def report(self, probe_seconds: float | None) -> dict[str, Any] | None:
        """The fields of the host's `DevReport`; None without dev images or with logits that are not finite.

        Dev is predicted as val will be, averaged over the views of `tta`. `probe_seconds` bounds the probes; None leaves them out.
        """
        rows = self.fold.dev_rows
        if not len(rows):
            return None
        started = time.perf_counter()
        logits = self.predict(rows, self.views)
        seconds = (time.perf_counter() - started) / len(rows) / len(self.views)
        if not torch.isfinite(logits).all():
            return None
        labels, predicted = self.fold.labels[rows], logits.argmax(1)
        confusion = confusion_matrix(labels.numpy(), predicted.numpy(), self.info.class_count)
        return {
            "n": len(rows),
            "right": int((predicted == labels).sum()),
            "loss": float(F.cross_entropy(logits, labels)),
            "perClass": [
                {"count": int(count), "right": int(right)}
                for count, right in zip(confusion.sum(1), confusion.diagonal(), strict=True)
            ],
            "confusions": largest_confusions(confusion),
            "probes": None if probe_seconds is None else self.probes(probe_seconds, seconds),
        }

    def probes(self, allowed_seconds: float, seconds_per_image: float) -> dict[str, dict[str, float]] | None:
        """Each probe on as many dev images as the seconds allow; None when that is too few to tell anything."""
        affordable = int(allowed_seconds / (len(CHANGES) + 1) / max(seconds_per_image, 1e-9))
        rows = self.fold.dev_rows[: min(PROBE_IMAGES[1], affordable)]  # dev lies in an order that says nothing
        if len(rows) < min(PROBE_IMAGES[0], len(self.fold.dev_rows)):
            return None
        labels, until = self.fold.labels[rows], time.perf_counter() + OVERRUN * allowed_seconds
        before = self.predict(rows, [_as_it_is]).argmax(1)
        told = {}
        for name, change in CHANGES.items():
            if self.info.channels == 1 and name in COLOUR_CHANGES:
                told[name] = {"n": 0, "right": 0, "same": 0, "confidence": 0.0}
                continue
            told[name] = compare(before, self.predict(rows, [_as_it_is], change), labels)
            if time.perf_counter() > until:
                return None
        return told

    def predict(self, rows: Tensor, views: list[Any], change: Change | None = None) -> Tensor:
        transform = self.transform if change is None else nn.Sequential(_Changed(change), self.transform)
        with self.machine.autocast():
            return predict_rows(self.model, transform, self.fold.store, rows, self.machine, views, BATCH)


def compare(before: Tensor, logits: Tensor, labels: Tensor) -> dict[str, float]:
    """A host's `Probe`: `before` are the classes told of the unchanged pictures. Finite or not, logits have a largest one."""
    probabilities, after = logits.float().softmax(1).max(1)
    became_wrong = (before == labels) & (after != labels)
    confidence = float(probabilities[became_wrong].nan_to_num(0.0).mean()) if became_wrong.any() else 0.0
    return {
        "n": len(labels),
        "right": int((after == labels).sum()),
        "same": int((after == before).sum()),
        "confidence": confidence,
    }


class _Changed(nn.Module):
    """A change of uint8 pictures as the first step of a transform."""

    def __init__(self, change: Change):
        super().__init__()
        self.change = change

    def forward(self, images: Tensor) -> Tensor:
        return self.change(images)


def _as_it_is(images: Tensor) -> Tensor:
    return images
