"""Makes small folders of drawn images and runs prepare on them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from improve_harness import prepare
from improve_harness.protocol import Failure


def draw(seed: int, width: int = 20, height: int = 16, channels: int = 3) -> Image.Image:
    """A picture of smooth noise: no two seeds are near duplicates."""
    values = np.random.default_rng(seed).integers(0, 256, (4, 4, channels), dtype=np.uint8)
    small = Image.fromarray(values if channels == 3 else values[..., 0])
    return small.resize((width, height), Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write(path: Path, data: bytes | None = None, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(draw(seed)) if data is None else data)
    return path


def write_classes(root: Path, counts: dict[str, int], first_seed: int = 0, **size: int) -> Path:
    """root/<class>/<number>.png, every image different."""
    seed = first_seed
    for name, count in counts.items():
        for number in range(count):
            write(root / name / f"{number}.png", encode(draw(seed, **size)))
            seed += 1
    return root


class Staged:
    """What prepare wrote."""

    def __init__(self, out: Path):
        self.out = out
        self.dataset = json.loads((out / "dataset.json").read_text())
        self.card = json.loads((out / "card.json").read_text())
        self.items = [json.loads(line) for line in (out / "items.jsonl").read_text().splitlines()]
        self.quarantine = [json.loads(line) for line in (out / "quarantine.jsonl").read_text().splitlines()]

    def part_of(self, path: str) -> str:
        return next(item["part"] for item in self.items if item["path"] == path)

    def pictures(self, part: str) -> list[np.ndarray]:
        """[C, H, W] of each row."""
        shapes = np.fromfile(self.out / "parts" / part / "shapes.i32", "<i4").reshape(-1, 2)
        pixels = np.fromfile(self.out / "parts" / part / "pixels.u8", np.uint8)
        channels = self.dataset["channels"]
        ends = np.cumsum(shapes.prod(axis=1) * channels)
        assert ends[-1] == len(pixels)
        return [block.reshape(channels, *shape) for block, shape in zip(np.split(pixels, ends[:-1]), shapes, strict=True)]


def stage(source: Path, out: Path, **options: Any) -> Staged:
    out.mkdir()
    prepare.run({"source": str(source), "out": str(out), "name": "x", "options": {"workers": 1, **options}})
    return Staged(out)


def refusal(source: Path, out: Path, **options: Any) -> Failure:
    """The failure that prepare raises; dataset.json must not exist afterwards."""
    with pytest.raises(Failure) as caught:
        stage(source, out, **options)
    assert not (out / "dataset.json").exists()
    assert caught.value.stage == "prepare"
    return caught.value
