"""Imports the three files of a pipeline, calls their functions, and turns whatever they raise into a `Failure` with file and line."""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from .contract import Images, Info, Training, Transform, image_size
from .protocol import Failure

COMPONENTS = ("data", "model", "training")
OUTSIDE = "a pipeline reads and writes no files and has no network: the harness hands over the images and keeps the weights"


class Pipeline:
    """The three modules of one pipeline, and what they define."""

    def __init__(self, folder: Path, stage: str):
        self.stage = stage
        with guard(stage):
            self.data, self.model, self.training = (_load(folder, name) for name in COMPONENTS)
        self.size = image_size(self.data.IMAGE_SIZE)

    def optional(self, component: str, name: str) -> Callable[..., Any] | None:
        return getattr(getattr(self, component), name, None)

    def eval_transform(self, info: Info) -> nn.Module:
        with guard(self.stage):
            transform = self.data.eval_transform(info)
        if not isinstance(transform, nn.Module):
            raise Failure(
                "contract", f"data.py: eval_transform returned {_name(transform)}, expected an nn.Module", stage=self.stage
            )
        return transform.eval()

    def train_transform(self, info: Info) -> Transform:
        with guard(self.stage):
            transform = self.data.train_transform(info)
        if not isinstance(transform, Transform):
            wanted = "expected batched(fn) or per_image(fn) of improve_harness.contract"
            raise Failure("contract", f"data.py: train_transform returned {_name(transform)}, {wanted}", stage=self.stage)
        return transform

    def build_model(self, info: Info) -> nn.Module:
        with guard(self.stage):
            model = self.model.build_model(info)
        if not isinstance(model, nn.Module):
            raise Failure("contract", f"model.py: build_model returned {_name(model)}, expected an nn.Module", stage=self.stage)
        return model

    def configure(self, model: nn.Module, info: Info) -> Training:
        with guard(self.stage):
            training = self.training.configure(model, info)
        if not isinstance(training, Training):
            wanted = "expected a Training of improve_harness.contract"
            raise Failure("contract", f"training.py: configure returned {_name(training)}, {wanted}", stage=self.stage)
        if not 1 <= training.batch_size <= 65_536:
            raise Failure("contract", f"training.py: batch_size is {training.batch_size}, expected 1 to 65,536", stage=self.stage)
        return training

    def augment(self, transform: Transform, images: Images) -> Tensor:
        """Applies a training transform to a batch: float32 [n, C, H, W]."""
        with guard(self.stage):
            if transform.kind == "batched":
                return transform.apply(images)
            return torch.stack([transform.apply(image) for image in images])


@contextmanager
def guard(stage: str) -> Iterator[None]:
    """Whatever the pipeline raises, SystemExit included, becomes a Failure; the traceback is kept as its cause for the log."""
    try:
        yield
    except (Failure, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise failure_of(error, stage) from error


def failure_of(error: BaseException, stage: str) -> Failure:
    """One sentence: file, line, type and text of the error."""
    place = _place(error)
    text = " ".join(str(error).split())[:400]
    if is_out_of_memory(error):
        return Failure("out-of-memory", f"{place}ran out of memory: {text or 'no more could be had'}", stage=stage)
    if isinstance(error, SyntaxError):
        return Failure("syntax", f"{Path(error.filename or '').name} line {error.lineno}: {error.msg}", stage=stage)
    if isinstance(error, SystemExit):
        return Failure(
            "exception", f"{place}the pipeline ended the process (exit {error.code}); it must return instead", stage=stage
        )
    hint = f"; {OUTSIDE}" if isinstance(error, OSError) else ""
    return Failure("exception", f"{place}{type(error).__name__}: {text}{hint}", stage=stage)


def is_out_of_memory(error: BaseException) -> bool:
    text = str(error)
    return (
        isinstance(error, (MemoryError, torch.OutOfMemoryError))
        or "can't allocate memory" in text
        or "out of memory" in text.lower()
    )


def _place(error: BaseException) -> str:
    """Where in the pipeline's own files the error came from: the deepest such frame."""
    names = {f"{name}.py" for name in COMPONENTS}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).name in names and "improve_harness" not in frame.filename:
            return f"{Path(frame.filename).name} line {frame.lineno}: "
    return ""


def _load(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"pipeline_{name}", folder / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _name(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
