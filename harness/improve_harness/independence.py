"""Checks that the logits of an image come from that image alone: rows predicted among all against the same rows predicted alone.

Rounding is allowed for, and it grows with the logits (bfloat16 keeps 8 bits), so differences count relative to the size of the
row. Size means the largest logit up to a limit, or three typical distances from the row's median where that is larger: else one
huge constant in the row would widen what is allowed without limit and hide everything behind it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .metrics import Array
from .protocol import Failure

MIN_AGREEMENT = 0.995  # share of images that keep their predicted class
MAX_DIFFERENCE = 1e-2  # of a logit, relative to the size of its row
SIZE_LIMIT = 100.0  # logits; above it a row is large only if most of its logits are
TYPICAL_TO_SIZE = 3.0  # the largest logit of an ordinary row is about three typical distances from its median
TIE_SIZE_LIMIT = 10.0  # the same for ties, so that classes more than 0.1 apart are rarely taken as tied


def check_independence(together: Array, alone: Array) -> dict[str, Any]:
    """Compare float [m, C] with float [m, C]; m may be 0. A `not-independent` failure, or the three numbers of the comparison.

    A changed class counts as agreement when it was tied with the old one, so that few rows can be checked without false alarm.
    """
    if not len(alone):
        return {"checked": 0, "agreement": 1.0, "maxDifference": 0.0}
    together, alone = together.astype(np.float64), alone.astype(np.float64)
    differences = np.abs(together - alone).max(axis=1) / _row_size(together, SIZE_LIMIT)
    agreement = float(_agrees(together, alone).mean())
    largest = float(differences.max())
    if agreement < MIN_AGREEMENT or largest > MAX_DIFFERENCE:
        raise _not_independent(agreement, largest, int((differences > MAX_DIFFERENCE).sum()), len(alone))
    return {"checked": len(alone), "agreement": agreement, "maxDifference": largest}


def _row_size(logits: Array, limit: float) -> Array:
    largest = np.clip(np.abs(logits).max(axis=1), 1, limit)
    distances = np.abs(logits - np.median(logits, axis=1, keepdims=True))
    return np.maximum(largest, TYPICAL_TO_SIZE * np.median(distances, axis=1))


def _agrees(together: Array, alone: Array) -> Array:
    rows = np.arange(len(together))
    before, after = together.argmax(axis=1), alone.argmax(axis=1)
    gap = np.maximum(together[rows, before] - together[rows, after], alone[rows, after] - alone[rows, before])
    return (before == after) | (gap <= MAX_DIFFERENCE * _row_size(together, TIE_SIZE_LIMIT))


def _not_independent(agreement: float, largest: float, changed: int, checked: int) -> Failure:
    return Failure(
        "not-independent",
        f"the prediction of an image depends on other images: of {checked:,} images predicted alone and in another order, "
        f"{1 - agreement:.1%} got another class and {changed:,} got other logits "
        f"(largest relative difference {largest:.2g}, allowed {MAX_DIFFERENCE:g})",
        stage="predict",
        evidence=[
            "likely causes: batch statistics used in evaluation mode (a norm layer without running statistics), a mean or rank "
            "over the batch, use of the position in the batch, dropout or random augmentation left on"
        ],
        fix="in evaluation mode compute the logits of each image from that image alone, without random numbers",
    )
