"""What tells two pictures apart or together: a hash of all pixels, a 64-bit difference hash, a thumbnail."""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

THUMB = 32


def pixel_hash(pixels: np.ndarray) -> bytes:
    """Equal for equal pictures, whatever their format, mode or metadata. `pixels` is [height, width] or [height, width, 3]."""
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()


def describe(image: Image.Image) -> tuple[int, bytes]:
    """64-bit difference hash and the THUMB x THUMB grey thumbnail.

    The hash compares the neighbours of a 9 x 8 grid of area means, taken from the thumbnail in whole numbers, so that
    plain areas compare as equal.
    """
    grey = image if image.mode == "L" else image.convert("L")
    thumb = np.asarray(grey.resize((THUMB, THUMB), Image.Resampling.BILINEAR, reducing_gap=2.0))
    grid = GRID_ROWS @ thumb.astype(np.int64) @ GRID_COLUMNS
    bits = np.packbits(grid[:, 1:] > grid[:, :-1])
    return int.from_bytes(bits.tobytes(), "big"), thumb.tobytes()


def _area_weights(cells: int) -> np.ndarray:
    """[cells, THUMB] how much of each pixel lies in each cell, in units of 1 / cells of a pixel."""
    start = np.arange(cells)[:, None] * THUMB
    pixel = np.arange(THUMB)[None] * cells
    return np.clip(np.minimum(start + THUMB, pixel + cells) - np.maximum(start, pixel), 0, None)


GRID_ROWS, GRID_COLUMNS = _area_weights(8), _area_weights(9).T


def channel_sums(planes: np.ndarray) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Per channel the sum and the sum of squares."""
    flat = planes.reshape(len(planes), -1).astype(np.int32)
    return tuple(flat.sum(1, dtype=np.int64).tolist()), tuple((flat * flat).sum(1, dtype=np.int64).tolist())
