"""Reads the parts of a staged dataset: memory-mapped uint8 pixels, shapes, and (for training) labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .contract import Images

RESIDENT_BYTES = 4 << 30  # parts up to this size are held as one tensor; above, rows are gathered from the mapped files


class Store:
    """Images of one or several parts, numbered through in the order given."""

    def __init__(self, folder: Path, parts: Sequence[str], channels: int, uniform_shape: tuple[int, int] | None):
        self.channels = channels
        self.uniform_shape = uniform_shape
        shapes = [np.fromfile(folder / part / "shapes.i32", dtype="<i4").reshape(-1, 2) for part in parts]
        pixels = [
            np.memmap(folder / part / "pixels.u8", dtype=np.uint8, mode="c") for part in parts
        ]  # copy-on-write: torch wants writable
        self._starts = np.cumsum([0, *[len(s) for s in shapes]])
        self.shapes = np.concatenate(shapes)
        if uniform_shape:
            self._tensors = [
                torch.from_numpy(p).view(len(s), channels, *uniform_shape) for p, s in zip(pixels, shapes, strict=True)
            ]
            if len(self._tensors) > 1 and sum(p.nbytes for p in pixels) <= RESIDENT_BYTES:
                self._tensors = [torch.cat(self._tensors)]
                self._starts = np.array([0, len(self.shapes)])
        else:
            self._flat = [torch.from_numpy(p) for p in pixels]
            self._offsets = [np.concatenate([[0], np.cumsum(s.prod(1, dtype=np.int64) * channels)]) for s in shapes]

    def __len__(self) -> int:
        return len(self.shapes)

    def gather(self, rows: Tensor) -> Images:
        """uint8 [n, C, h, w] where all images have one shape, else a list of [C, h, w]; in the order of `rows`."""
        if not self.uniform_shape:
            return [self._image(int(row)) for row in rows]
        if len(self._tensors) == 1:
            return self._tensors[0].index_select(0, rows)
        return torch.stack([self._one(int(row)) for row in rows])

    def _one(self, row: int) -> Tensor:
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._tensors[part][row - int(self._starts[part])]

    def _image(self, row: int) -> Tensor:
        part = int(np.searchsorted(self._starts, row, side="right")) - 1
        index = row - int(self._starts[part])
        height, width = (int(v) for v in self.shapes[row])
        start, end = self._offsets[part][index], self._offsets[part][index + 1]
        return self._flat[part][start:end].view(self.channels, height, width)


def load_labels(folder: Path, parts: Sequence[str]) -> Tensor:
    """int64 [n], in the order of the parts."""
    return torch.from_numpy(
        np.concatenate([np.fromfile(folder / part / "labels.i32", dtype="<i4") for part in parts]).astype(np.int64)
    )


def load_rows(path: Path) -> Tensor:
    """int64 row numbers."""
    return torch.from_numpy(np.fromfile(path, dtype="<i4").astype(np.int64))


def image_rows_by_shape(store: Store, rows: Tensor, limit: int) -> list[Tensor]:
    """Splits `rows` into runs of at most `limit` whose images share one shape, keeping every row once."""
    if store.uniform_shape:
        return list(rows.split(limit))
    groups: dict[tuple[int, int], list[int]] = {}
    for row in rows.tolist():
        groups.setdefault((int(store.shapes[row, 0]), int(store.shapes[row, 1])), []).append(row)
    return [part for group in groups.values() for part in torch.tensor(group).split(limit)]
