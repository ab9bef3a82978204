"""Share of the seconds of a training's steps that go into drawing, augmenting and placing batches. The loop is the harness's own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from improve_harness.contract import Info
from improve_harness.device import Machine, seed_everything
from improve_harness.jobs import info_of
from improve_harness.loop import train_steps
from improve_harness.pipeline import Pipeline
from improve_harness.training_data import Batches, Fold

STEPS = 30  # a repeat


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Job: a train job and `repeats`. Each repeat is a training from the start; one before them warms up."""
    machine, fold = Machine.of(job), Fold(job)
    pipeline = Pipeline(Path(job["paths"]["code"]), "train")
    info = info_of(job, pipeline.size)
    repeats = [train_once(pipeline, fold, info, machine, job["seed"]) for _ in range(job["repeats"] + 1)]
    return {"stepCount": STEPS, "repeats": repeats[1:]}


def train_once(pipeline: Pipeline, fold: Fold, info: Info, machine: Machine, seed: int) -> dict[str, Any]:
    seed_everything(seed)
    model = machine.place_model(pipeline.build_model(info))
    training = pipeline.configure(model, info)
    batches = Batches(fold, pipeline, info, machine)
    start = time.perf_counter()
    train_steps(model, training, batches(training.batch_size), STEPS, machine, lambda *_: None)
    seconds = time.perf_counter() - start
    return {
        "dataSeconds": batches.seconds,
        "stepSeconds": seconds,
        "imagesPerSecond": STEPS * training.batch_size / seconds,
        "batchSize": training.batch_size,
        "parameterCount": sum(p.numel() for p in model.parameters()),
    }
