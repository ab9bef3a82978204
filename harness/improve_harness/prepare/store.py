"""The staged dataset on disk: parts written from the temporary store, everything hashed and synced, dataset.json last."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

BATCH_BYTES = 4 << 20


class HashedFile:
    """A new file that is hashed as it is written and on disk when it is closed."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb")
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)

    def close(self) -> str:
        """The SHA-256 as hexadecimal digits."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._digest.hexdigest()


def write_file(path: Path, blocks: Iterable[bytes]) -> str:
    file = HashedFile(path)
    for block in blocks:
        file.write(block)
    return file.close()


def write_part(
    out: Path, name: str, facts: np.ndarray, labels: np.ndarray, pixels: int, channels: int, class_count: int
) -> dict[str, Any]:
    """Write pixels, shapes and labels of one part; `facts` and `labels` are its rows, `pixels` is an open file descriptor.

    Returns the part's entry of dataset.json. Grey pictures of a colour dataset get three equal channels.
    """
    shapes = np.stack([facts["stored_height"], facts["stored_width"]], axis=1).astype("<i4")
    areas = shapes.astype(np.int64).prod(axis=1)
    return {
        "count": len(facts),
        "classCounts": np.bincount(labels, minlength=class_count).tolist(),
        "channelSums": [float(s) / 255 for s in facts["sums"][:, :channels].sum(axis=0)],
        "channelSquareSums": [float(s) / 255**2 for s in facts["square_sums"][:, :channels].sum(axis=0)],
        "pixelCount": int(areas.sum()),
        "sha256": {
            "pixels": write_file(out / "parts" / name / "pixels.u8", _pixel_blocks(facts, areas, pixels, channels)),
            "shapes": write_file(out / "parts" / name / "shapes.i32", [shapes.tobytes()]),
            "labels": write_file(out / "labels" / f"{name}.i32", [labels.astype("<i4").tobytes()]),
        },
    }


def _pixel_blocks(facts: np.ndarray, areas: np.ndarray, pixels: int, channels: int) -> Iterator[bytes]:
    """Read by position, not through a memory map: pages of a map count as this process's memory."""
    held: list[bytes] = []
    size = 0
    for offset, own, area in zip(facts["offset"].tolist(), facts["channels"].tolist(), areas.tolist(), strict=True):
        data = os.pread(pixels, own * area, offset)
        held.append(data * (channels // own))
        size += len(held[-1])
        if size >= BATCH_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def write_lines(path: Path, records: Iterable[dict[str, Any]]) -> str:
    """The SHA-256 of what was written."""
    return write_file(path, (json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records))


def write_json(path: Path, value: dict[str, Any]) -> str:
    """Complete or absent: written beside, synced, renamed. Returns the SHA-256."""
    beside = path.with_name(path.name + ".tmp")
    digest = write_file(beside, [json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"])
    beside.rename(path)
    sync_folder(path.parent)
    return digest


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
