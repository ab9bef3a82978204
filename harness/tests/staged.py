"""A small staged dataset and the jobs on it, as the host would write them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

HARNESS = Path(__file__).resolve().parent.parent
MACHINE = {"device": "cpu", "threads": 1, "dtype": "float32", "channelsLast": False, "referenceSpeed": 2000.0}


def stage(
    folder: Path, *, count: int = 96, classes: int = 2, side: int = 8, channels: int = 1, ragged: bool = False, seed: int = 0
) -> dict[str, Any]:
    """Pictures whose class is where the bright bar lies; parts `train` and `val`, dev of 8. Returns the `info` object."""
    rng = np.random.default_rng(seed)
    for part, n in (("train", count), ("val", count // 2)):
        place = folder / "parts" / part
        place.mkdir(parents=True)
        labels = rng.integers(0, classes, n).astype("<i4")
        shapes = np.full((n, 2), side, "<i4")
        if ragged:
            shapes = shapes + rng.integers(0, side, (n, 2)).astype("<i4")
        with (place / "pixels.u8").open("wb") as file:
            for label, (height, width) in zip(labels, shapes, strict=True):
                image = rng.integers(0, 80, (channels, height, width))
                row = int(label) * int(height) // classes
                image[:, row : row + max(1, int(height) // classes)] += 120
                file.write(image.astype(np.uint8).tobytes())
        shapes.tofile(place / "shapes.i32")
        labels.tofile((place if part == "train" else folder) / "labels.i32")
    np.arange(8, dtype="<i4").tofile(folder / "dev.i32")
    labels = np.fromfile(folder / "parts/train/labels.i32", "<i4")
    return {
        "classes": [f"class {k}" for k in range(classes)],
        "channels": channels,
        "uniformShape": None if ragged else [side, side],
        "typicalShape": [side, side],
        "mean": [0.3] * channels,
        "std": [0.2] * channels,
        "classCounts": np.bincount(labels, minlength=classes).tolist(),
        "trainCount": count - 8,
        "trainSeconds": 2.0,
        "referenceSpeed": MACHINE["referenceSpeed"],
    }


def train_job(
    data: Path, info: dict[str, Any], code: Path, out: Path, *, steps: int | None = None, seed: int = 1
) -> dict[str, Any]:
    out.mkdir(parents=True, exist_ok=True)
    paths = {"data": str(data), "code": str(code), "out": str(out)}
    parts = [{"name": "train", "count": info["trainCount"] + 8}]
    job = {"paths": paths, "info": info, "machine": MACHINE, "seed": seed, "parts": parts, "devRows": str(data / "dev.i32")}
    return {**job, "steps": steps, "imagesPerSecond": 1000 if steps else None}


def predict_job(data: Path, info: dict[str, Any], code: Path, out: Path, check_rows: list[int] | None = None) -> dict[str, Any]:
    paths = {"data": str(data), "code": str(code), "out": str(out), "weights": str(out / "weights.safetensors")}
    part = {"name": "val", "count": (info["trainCount"] + 8) // 2}
    return {"paths": paths, "info": info, "machine": MACHINE, "seed": 1, "part": part, "checkRows": check_rows or []}


def write_code(folder: Path, source: Path, size: int = 8, **changes: str) -> Path:
    """Copies a pipeline, sets its IMAGE_SIZE, and overwrites the named components (`model="..."`)."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    data = folder / "data.py"
    data.write_text(
        re.sub(r"^IMAGE_SIZE = \d+", f"IMAGE_SIZE = {size}", data.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8"
    )
    for name, text in changes.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def run_process(
    mode: str,
    job: dict[str, Any],
    folder: Path,
    answer: dict[str, Any] | None = None,
    timeout: float = 60,
    stdin: bytes | None = None,
) -> tuple[int, list[dict[str, Any]], str]:
    """Runs a real harness process, which is told `answer` or, where it is given, `stdin`: (exit code, events, log)."""
    path = folder / f"{mode}-job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", str(HARNESS / "run.py"), mode, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": "/usr/bin:/bin"},
        close_fds=False,
        preexec_fn=lambda: os.dup2(write, 3),
    )
    os.close(write)
    try:
        log, _ = process.communicate(stdin or (json.dumps(answer or {"steps": 40}) + "\n").encode(), timeout=timeout)
    finally:
        process.kill()
    with os.fdopen(read, encoding="utf-8") as events:
        return process.returncode, [json.loads(line) for line in events], log.decode(errors="replace")
