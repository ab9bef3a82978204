"""Near duplicates: candidates by difference hash, confirmed by pixels.

The hash alone joins thousands of strangers on small or textured pictures, so a pair counts only when its 32 x 32 grey
thumbnails agree too. Mirrored or cropped copies are not found.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

MAX_DISTANCE = 4  # bits of 64; with one band more than this, two such hashes agree in at least one whole band
BANDS = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))  # first bit, bit count
WINDOW = 64  # neighbours compared inside a band's bucket: larger buckets are ordered by the rest of the hash, not all-pairs
PAIRS_AT_ONCE = 1024
COARSE = 4
RELATIVE_DIFFERENCE = 0.08  # of the smaller standard deviation of the two thumbnails
ABSOLUTE_DIFFERENCE = 1.0  # grey level, of 255


def near_pairs(hashes: np.ndarray, thumbs: Thumbs) -> np.ndarray:
    """[k, 2] index pairs that are near duplicates. `hashes` [n] uint64."""
    found = [confirm(pairs, thumbs) for pairs in candidates(hashes)]
    found = [pairs for pairs in found if len(pairs)]
    return np.unique(np.concatenate(found), axis=0) if found else np.zeros((0, 2), dtype=np.int64)


def candidates(hashes: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks [m, 2] of pairs within MAX_DISTANCE, the smaller index first; a pair may come more than once."""
    for first_bit, bit_count in BANDS:
        turned = (hashes << np.uint64(first_bit)) | (hashes >> np.uint64((64 - first_bit) % 64)) if first_bit else hashes
        order = np.argsort(turned, kind="stable")
        band = turned[order] >> np.uint64(64 - bit_count)
        for step in range(1, min(WINDOW, len(order) - 1) + 1):
            left = np.flatnonzero(band[:-step] == band[step:])
            if not len(left):
                break
            a, b = order[left], order[left + step]
            close = np.bitwise_count(hashes[a] ^ hashes[b]) <= MAX_DISTANCE
            yield np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1)[close]


class Thumbs:
    """Thumbnails [n, 32 * 32] uint8, possibly a memory map, read through `index`; their contrast and a coarse 4 x 4 copy."""

    def __init__(self, rows: np.ndarray, index: np.ndarray):
        self._rows, self._index = rows, index
        self.deviation = np.zeros(len(index), dtype=np.float32)
        self.coarse = np.zeros((len(index), COARSE * COARSE), dtype=np.float32)
        side = int(rows.shape[1] ** 0.5)
        cell = side // COARSE
        for start in range(0, len(index), PAIRS_AT_ONCE):
            here = slice(start, start + PAIRS_AT_ONCE)
            block = self[np.arange(len(index))[here]]
            self.deviation[here] = block.std(axis=1)
            self.coarse[here] = block.reshape(-1, COARSE, cell, COARSE, cell).mean(axis=(2, 4)).reshape(len(block), -1)

    def __getitem__(self, wanted: np.ndarray) -> np.ndarray:
        return self._rows[self._index[wanted]].astype(np.float32)


def confirm(pairs: np.ndarray, thumbs: Thumbs) -> np.ndarray:
    """The pairs whose thumbnails differ by little (root mean square), measured against their own contrast.

    The difference of the coarse copies is never larger than that of the thumbnails, so it settles most strangers.
    """
    kept = [np.zeros((0, 2), dtype=np.int64)]
    for start in range(0, len(pairs), 16 * PAIRS_AT_ONCE):
        block = pairs[start : start + 16 * PAIRS_AT_ONCE]
        allowed = RELATIVE_DIFFERENCE * thumbs.deviation[block].min(axis=1) + ABSOLUTE_DIFFERENCE
        coarse = np.square(thumbs.coarse[block[:, 0]] - thumbs.coarse[block[:, 1]]).mean(axis=1)
        block = block[np.sqrt(coarse) <= allowed + 0.01]  # a hundredth of a grey level for rounding
        kept += [_confirm_fine(block[i : i + PAIRS_AT_ONCE], thumbs) for i in range(0, len(block), PAIRS_AT_ONCE)]
    return np.concatenate(kept)


def _confirm_fine(pairs: np.ndarray, thumbs: Thumbs) -> np.ndarray:
    difference = np.sqrt(np.square(thumbs[pairs[:, 0]] - thumbs[pairs[:, 1]]).mean(axis=1))
    return pairs[difference <= RELATIVE_DIFFERENCE * thumbs.deviation[pairs].min(axis=1) + ABSOLUTE_DIFFERENCE]
