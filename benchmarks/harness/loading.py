"""Images per second of one epoch: the harness's cached loading against torchvision's ImageFolder on the same pictures.

Both crop (padding 2), mirror and normalise each picture with random numbers of its own, and end with float32 batches of 128. The rival
gets the better of 0, 1 and 2 workers in each repeat, grey decoding, and workers that live on between epochs; its first epoch, and ours,
warm up untimed. Not measured: what the workers take away from a training beside them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from improve_harness.contract import Info
from improve_harness.device import Machine, seed_everything
from improve_harness.jobs import info_of
from improve_harness.pipeline import Pipeline
from improve_harness.torchvision_shim import import_torchvision
from improve_harness.training_data import Batches, Fold

BATCH = 128  # images, on both sides
WORKERS = (0, 1, 2)


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Job: a train job, `images` (the folder of class folders), `repeats`. Returns rates in images per second, one a repeat."""
    machine, pipeline = Machine.of(job), Pipeline(Path(job["paths"]["code"]), "train")
    info = info_of(job, pipeline.size)
    seed_everything(job["seed"])
    ours, count = make_ours(Fold(job), pipeline, info, machine)
    rivals = {workers: make_rival(Path(job["images"]), workers, info, count) for workers in WORKERS}
    for epoch in (ours, *rivals.values()):
        epoch()
    repeats = []
    for index in range(job["repeats"]):
        order = [("ours", ours), *((f"{workers} workers", epoch) for workers, epoch in rivals.items())]
        if index % 2:  # a neighbour that comes or goes in the middle of a repeat must not always meet the same side
            order.reverse()
        repeats.append({name: count / seconds_of(epoch) for name, epoch in order})
    return {"imageCount": count, "batchSize": BATCH, "imagesPerSecond": repeats}


def make_ours(fold: Fold, pipeline: Pipeline, info: Info, machine: Machine) -> tuple[Callable[[], None], int]:
    source = Batches(fold, pipeline, info, machine)(BATCH)
    count = len(fold.train_rows)

    def epoch() -> None:
        done = 0
        while done < count:  # batches are always whole, so this is up to 127 images more than an epoch, never fewer
            images, _ = next(source)
            done += len(images)

    return epoch, count


def make_rival(folder: Path, workers: int, info: Info, count: int) -> Callable[[], None]:
    import_torchvision()
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    steps = [transforms.RandomCrop(info.input_size, padding=2), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
    augment = transforms.Compose([*steps, transforms.Normalize(info.mean, info.std)])
    images = ImageFolder(str(folder), transform=augment, loader=load_grey)
    if len(images) != count:
        raise RuntimeError(f"the rival sees {len(images)} images, the harness {count}")
    loader: Any = torch.utils.data.DataLoader(
        images, batch_size=BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0
    )

    def epoch() -> None:
        done = sum(len(batch) for batch, _ in loader)
        assert done == count

    return epoch


def load_grey(path: str) -> Image.Image:
    """ImageFolder's own loader would make three channels of one."""
    with Image.open(path) as image:
        return image.convert("L")


def seconds_of(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
