"""The prediction process: weights and unlabelled, renamed images in, logits out. Runs pipeline code; holds no label."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from .contract import Info
from .device import Machine, seed_everything
from .hang_trace import trace_before
from .jobs import info_of
from .pipeline import Pipeline, guard
from .protocol import Failure, emit
from .store import Store
from .torchvision_shim import install
from .training_data import predict_rows, views_of

BATCH = 256
CHECK_BATCH = 61  # at most, and another size than in the main pass, so that neighbours in a batch differ
REPORT_ROWS = 4096


@guard("predict")
def run(job: dict[str, Any]) -> None:
    install()
    machine, paths = Machine.of(job), job["paths"]
    seed_everything(job["seed"])
    emit("process.ready")
    trace_before(job.get("deadlineSeconds"))
    started = time.perf_counter()
    pipeline = Pipeline(Path(paths["code"]), "predict")
    info = info_of(job, pipeline.size)
    store = Store(Path(paths["data"]) / "parts", [job["part"]["name"]], info.channels, info.uniform_shape)
    predict = make_predictor(pipeline, info, machine, Path(paths["weights"]), store)
    pieces = []
    for rows in torch.arange(len(store)).split(REPORT_ROWS):
        pieces.append(predict(rows, BATCH))
        emit("predict.progress", done=int(rows[-1]) + 1, total=len(store))
    out = Path(paths["out"])
    write_logits(torch.cat(pieces), info, out / "logits.f32")
    if job["checkRows"]:
        check = [predict(rows, CHECK_BATCH) for rows in check_batches(torch.tensor(job["checkRows"]))]
        write_logits(torch.cat(check), info, out / "check.f32")
    seconds = time.perf_counter() - started
    emit("predict.finished", seconds=seconds, imagesPerSecond=len(store) / max(1e-9, seconds))


def warm_up() -> None:
    """Imports what a prediction needs beside this module."""
    importlib.import_module("safetensors.torch")


def make_predictor(
    pipeline: Pipeline, info: Info, machine: Machine, weights: Path, store: Store
) -> Callable[[torch.Tensor, int], torch.Tensor]:
    """A function (rows, batch size) -> logits of rows of `store`."""
    return partial(load_predictor(pipeline, info, machine, weights), store)


def load_predictor(
    pipeline: Pipeline, info: Info, machine: Machine, weights: Path
) -> Callable[[Store, torch.Tensor, int], torch.Tensor]:
    """A function (store, rows, batch size) -> logits, in float32 whatever the precision of training."""
    from safetensors.torch import load_model

    model = pipeline.build_model(info)
    try:
        load_model(model, str(weights))
    except RuntimeError as error:
        text = " ".join(str(error).split())[:300]
        raise Failure("contract", f"model.py: build_model does not accept the trained weights: {text}", stage="predict") from error
    model = machine.place_model(model).eval()
    transform, views = pipeline.eval_transform(info), views_of(pipeline, info)

    def predict(store: Store, rows: torch.Tensor, batch: int) -> torch.Tensor:
        with guard("predict"):
            return predict_rows(model, transform, store, rows, machine, views, batch)

    return predict


def check_batches(rows: torch.Tensor) -> Iterator[torch.Tensor]:
    """1, 2, 4, ... rows, then CHECK_BATCH at a time: statistics of a batch of one differ most from those of the main pass."""
    size = 1
    while len(rows):
        yield rows[:size]
        rows, size = rows[size:], min(CHECK_BATCH, 2 * size)


def write_logits(logits: torch.Tensor, info: Info, path: Path) -> None:
    """Little-endian float32 [n, classes]."""
    if logits.shape[1] != info.class_count:
        raise Failure("contract", f"model.py: {logits.shape[1]} logits an image, expected {info.class_count}", stage="predict")
    logits.numpy().astype("<f4").tofile(path)
