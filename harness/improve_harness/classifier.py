"""A trained pipeline from a bundle, ready to classify: `Classifier.load("best")("my-picture.jpg")`. Runs the pipeline's code as it is.

Covered: one picture at a time for people, many at once for `improve predict`. Not covered: the sandbox around foreign code, and
whether the files of a bundle are those that it names; both are the host's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .contract import Images
from .device import Machine, seed_everything
from .jobs import info_of
from .pipeline import Pipeline
from .predict import load_predictor
from .protocol import Failure
from .store import Store
from .stored_picture import Form, read_picture
from .torchvision_shim import install

BATCH = 256  # pictures, as in predict


class Held(Store):
    """Pictures in memory, uint8 [C, h, w] each, in the place of the parts of a staged dataset."""

    def __init__(self, pictures: Sequence[np.ndarray], form: Form):
        self.channels = form.channels
        self.uniform_shape = form.uniform_shape
        self.shapes = np.array([picture.shape[1:] for picture in pictures], dtype=np.int32).reshape(-1, 2)
        self._pictures = [torch.from_numpy(np.array(picture)) for picture in pictures]

    def gather(self, rows: Tensor) -> Images:
        some = [self._pictures[row] for row in rows.tolist()]
        return torch.stack(some) if self.uniform_shape else some


class Classifier:
    """Weights and pipeline in memory. `classes` are the names of the folders that it learnt from."""

    def __init__(self, job: dict[str, Any], code: Path, weights: Path, classes: Sequence[str]):
        """`job` has info, machine, seed and edge."""
        install()
        machine = Machine.of(job)
        seed_everything(job["seed"])
        pipeline = Pipeline(code, "predict")
        info = info_of(job, pipeline.size)
        self.classes = list(classes)
        self.form = Form.of(job)
        self._predict = load_predictor(pipeline, info, machine, weights)

    @staticmethod
    def load(folder: str | Path) -> Classifier:
        """From a bundle. Its code runs in this process: load only bundles that you trust."""
        place = Path(folder)
        bundle = json.loads((place / "bundle.json").read_text(encoding="utf-8"))
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        bundle["machine"] |= {"device": "cpu", "threads": threads}
        return Classifier(bundle, place / "pipeline", place / "weights.safetensors", bundle["classes"])

    def __call__(self, path: str | Path) -> list[tuple[str, float]]:
        """All classes with their probabilities, the likeliest first. Raises ValueError for a picture that cannot be read."""
        stored = read_picture(Path(path).read_bytes(), self.form)
        if isinstance(stored, str):
            raise ValueError(f"{path}: {stored}")
        probabilities = self.logits([stored.pixels])[0].double().softmax(0)
        order = probabilities.argsort(descending=True, stable=True).tolist()
        return [(self.classes[index], float(probabilities[index])) for index in order]

    def logits(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """float32 [len(pictures), classes] of pictures as they are stored (uint8 [C, h, w])."""
        logits = self._predict(Held(pictures, self.form), torch.arange(len(pictures)), BATCH)
        if len(pictures) and logits.shape[1] != len(self.classes):
            wanted = f"expected {len(self.classes)}"
            raise Failure("contract", f"model.py: {logits.shape[1]} logits an image, {wanted}", stage="predict")
        return logits
