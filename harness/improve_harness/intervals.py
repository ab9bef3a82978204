"""95 % intervals: Wilson for a share of images, percentile bootstrap over images for everything else.

A bootstrap draw takes n images with replacement, not stratified, so that class counts vary as they would in another sample.
What depends on the confusion matrix only is drawn as a multinomial over its cells, which is the same distribution at a small part
of the cost. In a draw that misses a class, the means go over the classes that it has. An interval always holds its estimate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

Z = 1.959963984540054  # two-sided 95 % of the normal distribution
DRAWS = 1000
MANY_CLASSES = 50  # above it the area under the curve, whose cost grows with the classes, gets MANY_CLASSES_DRAWS
MANY_CLASSES_DRAWS = 200
BLOCK = 2_000_000  # entries of draws x images or draws x cells held at once: at most 16 MB each


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson score interval of hits/n; n >= 1."""
    share = hits / n
    centre = share + Z**2 / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    scale = 1 + Z**2 / n
    low = 0.0 if hits == 0 else (centre - half) / scale
    high = 1.0 if hits == n else (centre + half) / scale
    return low, high


def bootstrap_confusion(confusion: Array, metric: Callable[[Array], Array], seed: int, draws: int = DRAWS) -> tuple[float, float]:
    """Interval of a metric that maps [..., C, C] to [...]."""
    generator = np.random.default_rng(seed)
    n = int(confusion.sum())
    cells = np.flatnonzero(confusion)
    shares = confusion.ravel()[cells] / n
    values = []
    for size in _blocks(draws, confusion.size):
        drawn = np.zeros((size, confusion.size), dtype=np.int64)
        drawn[:, cells] = generator.multinomial(n, shares, size=size)
        values.append(metric(drawn.reshape(size, *confusion.shape)))
    return _percentiles(np.concatenate(values))


def bootstrap_mean(values: Array, seed: int, draws: int = DRAWS) -> tuple[float, float]:
    """Interval of the mean of one value an image."""
    generator = np.random.default_rng(seed)
    n = len(values)
    means = [values[generator.integers(0, n, (size, n))].mean(axis=1) for size in _blocks(draws, n)]
    return _percentiles(np.concatenate(means))


def bootstrap_auc(probabilities: Array, labels: Array, seed: int, draws: int | None = None) -> tuple[float, float]:
    """Interval of the macro one-vs-rest area: 1,000 draws, 200 when there are more than 50 classes."""
    generator = np.random.default_rng(seed)
    n, class_count = probabilities.shape
    wanted = draws or (DRAWS if class_count <= MANY_CLASSES else MANY_CLASSES_DRAWS)
    plans = [_AucPlan(probabilities[:, number], labels == number) for number in range(class_count)]
    values = []
    for size in _blocks(wanted, n):
        drawn = generator.integers(0, n, (size, n)) * size + np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=n * size).reshape(n, size).astype(np.float32)
        areas = np.stack([plan.areas(weights) for plan in plans])
        defined = np.isfinite(areas)
        values.append(np.where(defined, areas, 0).sum(axis=0)[defined.any(axis=0)] / defined.sum(axis=0)[defined.any(axis=0)])
    return _percentiles(np.concatenate(values))


class _AucPlan:
    """One class against the rest, sorted once, so that each block of draws only adds up weights."""

    def __init__(self, scores: Array, positive: Array):
        order = np.argsort(scores, kind="stable")
        ordered = scores[order]
        self.positives = order[positive[order]]
        self.negatives = order[~positive[order]]
        # number of negatives strictly below each positive, and below or equal: half of their sum is what a positive earns
        rest = ordered[~positive[order]]
        own = scores[self.positives]
        below, upto = np.searchsorted(rest, own, "left"), np.searchsorted(rest, own, "right")
        self.edges = np.unique(np.concatenate([[0], below, upto]))
        self.below = np.searchsorted(self.edges, below)
        self.upto = np.searchsorted(self.edges, upto)

    def areas(self, weights: Array) -> Array:
        """Area of each draw from float32 weights [n, draws] (exact below 2^24); NaN where a draw lacks either side."""
        sums = self._cumulated(weights[self.negatives])
        own = weights[self.positives].astype(np.float64)
        earned = (own * (sums[self.below] + sums[self.upto])).sum(axis=0) / 2
        pairs = own.sum(axis=0) * (weights.sum(axis=0, dtype=np.float64) - own.sum(axis=0))
        return np.divide(earned, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)

    def _cumulated(self, rest: Array) -> Array:
        """Weight of the sorted negatives before each edge, [edges, draws]; the edges begin with 0."""
        sums = np.zeros((len(self.edges), rest.shape[1]))
        inner = self.edges[:-1]
        if len(inner):
            # the last edge ends the last segment, which reduceat would extend to the end
            np.cumsum(np.add.reduceat(rest[: self.edges[-1]], inner, axis=0), axis=0, out=sums[1:], dtype=np.float64)
        return sums


def _blocks(draws: int, width: int) -> list[int]:
    size = max(1, min(draws, BLOCK // max(width, 1)))
    return [min(size, draws - start) for start in range(0, draws, size)]


def _percentiles(values: Array) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
