"""Draws grey PNG pictures into class folders: one wave pattern a class, with cloudy grain over it, so that decoding costs what it does
for real pictures of this size. Seeded: the same job draws the same pixels. Not meant to be hard to classify.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CLASSES = 10
GRAIN = 40.0  # grey levels, standard deviation; incompressible, as sensor noise is


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Job: `folder`, `count`, `side` (px), `seed`. Returns the mean size of a file in bytes."""
    folder, count, side = Path(job["folder"]), job["count"], job["side"]
    rng = np.random.default_rng(job["seed"])
    byte_count = 0
    for name in range(CLASSES):
        (folder / f"class{name}").mkdir(parents=True)
    for index in range(count):
        path = folder / f"class{index % CLASSES}" / f"{index:06d}.png"
        Image.fromarray(draw(rng, index % CLASSES, side)).save(path)
        byte_count += path.stat().st_size
    return {"meanFileBytes": byte_count / count, "classCount": CLASSES}


def draw(rng: np.random.Generator, label: int, side: int) -> np.ndarray:
    """uint8 [side, side]: a wave whose direction is the class, on a dark border, at a random place and strength."""
    y, x = np.mgrid[0:side, 0:side] / side
    angle = np.pi * label / CLASSES
    wave = np.sin(2 * np.pi * (3 * (x * np.cos(angle) + y * np.sin(angle)) + rng.random()))
    centre_y, centre_x = rng.uniform(0.35, 0.65, 2)
    body = np.hypot(y - centre_y, x - centre_x) < rng.uniform(0.3, 0.45)
    grain = rng.normal(0, GRAIN, (side, side))
    return np.clip(np.where(body, 128 + 70 * wave + grain, 0), 0, 255).astype(np.uint8)
