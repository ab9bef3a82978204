"""Classification metrics from logits and labels: numpy only, float64, the same numbers as scikit-learn.

The predicted class is the one with the largest logit; the lowest index wins a tie. Everywhere `labels` and `predicted` are
int [n] in 0..C-1, `logits` float [n, C], `confusion` int [C, C] with the true class in rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

TOP_K = 5
CALIBRATION_BINS = 15
MAX_CONFUSIONS = 20


@dataclass(frozen=True)
class Predictions:
    """Labels and what follows from the logits, computed once."""

    labels: Array  # int64 [n]
    predicted: Array  # int64 [n]
    probabilities: Array  # float64 [n, C], softmax
    losses: Array  # float64 [n], natural-log loss of each image
    confusion: Array  # int64 [C, C]
    top_k: int
    top_k_accuracy: float


def summarize(logits: Array, labels: Array) -> Predictions:
    class_count = logits.shape[1]
    wide = logits.astype(np.float64)
    predicted = wide.argmax(axis=1)
    log_probabilities = log_softmax(wide)
    k = max(1, min(TOP_K, class_count - 1))
    return Predictions(
        labels=labels,
        predicted=predicted,
        probabilities=np.exp(log_probabilities),
        losses=-log_probabilities[np.arange(len(labels)), labels],
        confusion=confusion_matrix(labels, predicted, class_count),
        top_k=k,
        top_k_accuracy=top_k_accuracy(wide, labels, k),
    )


def log_softmax(logits: Array) -> Array:
    """Stable for any finite logits. Terms are summed in sorted order, so that the order of the classes changes no bit."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(np.sort(shifted, axis=1)).sum(axis=1, keepdims=True)
    # adding 0.0 turns the -0.0 of a certain prediction into 0.0
    return shifted - np.log(total) + 0.0


def confusion_matrix(labels: Array, predicted: Array, class_count: int) -> Array:
    return np.bincount(labels * class_count + predicted, minlength=class_count**2).reshape(class_count, class_count)


def per_class(confusion: Array) -> tuple[Array, Array, Array]:
    """Images, recall and precision of each class; 0 where a class has no image or no prediction."""
    hits, counts, guesses = _margins(confusion)
    return counts, _divide(hits, counts), _divide(hits, guesses)


def balanced_accuracy(confusion: Array) -> Array:
    """Mean recall over the classes that have images. Works on [..., C, C]."""
    hits, counts, _ = _margins(confusion)
    return _divide(_divide(hits, counts).sum(-1), (counts > 0).sum(-1))


def macro_f1(confusion: Array) -> Array:
    """Mean F1 over the classes that occur in labels or predictions. Works on [..., C, C]."""
    hits, counts, guesses = _margins(confusion)
    f1 = _divide(2 * hits, counts + guesses)
    return _divide(f1.sum(-1), (counts + guesses > 0).sum(-1))


def top_k_accuracy(logits: Array, labels: Array, k: int) -> float:
    """Share of images whose true class is among the k largest logits.

    Classes with equal logits rank by index, lowest first, as in the predicted class: top 1 is the accuracy, and a constant
    output gets what the fixed guess of the first k classes gets, no more.
    """
    own = logits[np.arange(len(labels)), labels][:, None]
    before = np.arange(logits.shape[1])[None, :] < labels[:, None]
    rank = (logits > own).sum(axis=1) + ((logits == own) & before).sum(axis=1)
    return float((rank < k).mean())


def auc_one_vs_rest(probabilities: Array, labels: Array) -> float | None:
    """Macro mean over classes of the area under the ROC curve; ties count half (mid-ranks).

    None when a class has no image or there is only one class, since the area is not defined then.
    """
    n, class_count = probabilities.shape
    counts = np.bincount(labels, minlength=class_count)
    if class_count < 2 or (counts == 0).any():
        return None
    areas = []
    for number in range(class_count):
        rank_sum = _mid_ranks(probabilities[:, number])[labels == number].sum()
        positives = float(counts[number])
        areas.append((rank_sum - positives * (positives + 1) / 2) / (positives * (n - positives)))
    return float(np.mean(areas))


def calibration_error(probabilities: Array, predicted: Array, labels: Array) -> float:
    """Mean gap between confidence and accuracy over 15 bins ]low, high] of equal width, weighted by the images in each."""
    confidence = probabilities[np.arange(len(labels)), predicted]
    bins = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(int) - 1, 0, CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, weights=confidence - (predicted == labels), minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(labels))


def largest_confusions(confusion: Array) -> list[tuple[int, int, int]]:
    """The 20 largest off-diagonal cells as (true class, predicted class, count), largest first, then by class."""
    cells = confusion.copy()
    np.fill_diagonal(cells, 0)
    order = np.argsort(-cells, axis=None, kind="stable")[:MAX_CONFUSIONS]
    rows, columns = np.unravel_index(order, cells.shape)
    return [(int(r), int(c), int(cells[r, c])) for r, c in zip(rows, columns, strict=True) if cells[r, c] > 0]


def _margins(confusion: Array) -> tuple[Array, Array, Array]:
    return np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(-1), confusion.sum(-2)


def _divide(top: Array, bottom: Array) -> Array:
    """0 where the bottom is 0."""
    return np.divide(top, bottom, out=np.zeros(np.broadcast_shapes(np.shape(top), np.shape(bottom))), where=bottom != 0)


def _mid_ranks(values: Array) -> Array:
    """Ranks 1..n; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]
