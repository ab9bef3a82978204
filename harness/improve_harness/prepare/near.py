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
PAIRS_AT_ONCE = 4096
RELATIVE_DIFFERENCE = 0.08  # of the smaller standard deviation of the two thumbnails
ABSOLUTE_DIFFERENCE = 1.0  # grey level, of 255


def near_pairs(hashes: np.ndarray, thumbs: np.ndarray) -> np.ndarray:
    """[k, 2] index pairs that are near duplicates. `hashes` [n] uint64, `thumbs` [n, pixels] uint8 (may be a memory map)."""
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


def confirm(pairs: np.ndarray, thumbs: np.ndarray) -> np.ndarray:
    """The pairs whose thumbnails differ by little (root mean square), measured against their own contrast."""
    kept = [np.zeros((0, 2), dtype=np.int64)]
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        block = pairs[start : start + PAIRS_AT_ONCE]
        a, b = thumbs[block[:, 0]].astype(np.float32), thumbs[block[:, 1]].astype(np.float32)
        difference = np.sqrt(np.square(a - b).mean(axis=1))
        allowed = RELATIVE_DIFFERENCE * np.minimum(a.std(axis=1), b.std(axis=1)) + ABSOLUTE_DIFFERENCE
        kept.append(block[difference <= allowed])
    return np.concatenate(kept)
