"""Scores prediction files against labels. The only process that holds labels of `val` and `test`; runs no pipeline code.

Needs numpy and the standard library, so that it starts fast and has little to attack. The job:

    {"predictions": [{"logits": path, "labels": path, "count": n, "check": path or null, "checkRows": [row, ...]}],
     "classCount": C, "metric": name, "bootstrapSeed": int, "perImage": path or absent}

Several predictions (folds) are joined and scored as one. The answer is one event, `score.finished {result}`. With `perImage`, a
file of little-endian float32 [n, 3] is written too: label, predicted class, log loss of each image, for paired tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import intervals, metrics
from .hostile_files import read_logits
from .independence import check_independence
from .metrics import Array, Predictions
from .protocol import Failure, emit


def run(job: dict[str, Any]) -> None:
    folds = [_load(prediction, job["classCount"]) for prediction in job["predictions"]]
    if not sum(len(fold.labels) for fold in folds):
        raise Failure("dataset", "there is no image to score", stage="score")
    independence = _compare(folds)
    predictions = metrics.summarize(np.concatenate([f.logits for f in folds]), np.concatenate([f.labels for f in folds]))
    result = _measure(predictions, job["metric"], job["bootstrapSeed"])
    if job.get("perImage"):
        _write_per_image(Path(job["perImage"]), predictions)
    emit("score.finished", result={**result, "independence": independence})


@dataclass(frozen=True)
class _Fold:
    logits: Array  # float32 [n, C]
    labels: Array  # int64 [n]
    check: Array  # float32 [m, C]: the rows `check_rows`, predicted alone; m may be 0
    check_rows: Array  # int64 [m]


def _load(prediction: dict[str, Any], class_count: int) -> _Fold:
    count = prediction["count"]
    rows = np.asarray(prediction["checkRows"] if prediction["check"] else [], dtype=np.int64)
    if rows.size and not (rows.min() >= 0 and rows.max() < count):
        raise ValueError(f"checkRows must lie in 0..{count - 1}, got {rows.min()}..{rows.max()}")
    logits = read_logits(Path(prediction["logits"]), count, class_count)
    check = read_logits(Path(prediction["check"]), len(rows), class_count) if rows.size else logits[:0]
    return _Fold(logits, _load_labels(Path(prediction["labels"]), count, class_count), check, rows)


def _load_labels(path: Path, count: int, class_count: int) -> Array:
    """Labels come from `prepare`; a wrong file is an error of ours and is not blamed on the pipeline."""
    labels = np.fromfile(path, dtype="<i4").astype(np.int64)
    if len(labels) != count or (count and not (labels.min() >= 0 and labels.max() < class_count)):
        raise ValueError(f"{path} must hold {count} labels in 0..{class_count - 1}, it has {len(labels)}")
    return labels


def _compare(folds: list[_Fold]) -> dict[str, Any]:
    together = np.concatenate([fold.logits[fold.check_rows] for fold in folds])
    return check_independence(together, np.concatenate([fold.check for fold in folds]))


def _measure(predictions: Predictions, metric: str, seed: int) -> dict[str, Any]:
    """The fields of `Metrics` but for `independence`."""
    p = predictions
    hits, n = int(np.trace(p.confusion)), len(p.labels)
    counts, recalls, precisions = metrics.per_class(p.confusion)
    values: dict[str, float | None] = {
        "accuracy": hits / n,
        "balanced-accuracy": float(metrics.balanced_accuracy(p.confusion)),
        "macro-f1": float(metrics.macro_f1(p.confusion)),
        "log-loss": float(p.losses.mean()),
        "auc": metrics.auc_one_vs_rest(p.probabilities, p.labels),
    }
    return {
        "n": n,
        "classCount": len(counts),
        "metric": metric,
        "chosen": _estimate(metric, values[metric], p, seed),
        "accuracy": _estimate("accuracy", values["accuracy"], p, seed),
        "balancedAccuracy": values["balanced-accuracy"],
        "macroF1": values["macro-f1"],
        "logLoss": values["log-loss"],
        "auc": values["auc"],
        "topK": {"k": p.top_k, "value": p.top_k_accuracy},
        "calibrationError": metrics.calibration_error(p.probabilities, p.predicted, p.labels),
        "perClass": [
            {"count": int(c), "recall": float(r), "precision": float(q)}
            for c, r, q in zip(counts, recalls, precisions, strict=True)
        ],
        "confusions": metrics.largest_confusions(p.confusion),
    }


def _estimate(metric: str, value: float | None, p: Predictions, seed: int) -> dict[str, float]:
    """Log loss is the one metric of which less is better; its interval reads as the others do: low <= value <= high."""
    if value is None:
        lacking = np.flatnonzero(p.confusion.sum(axis=1) == 0)
        cause = f"class number {lacking[0]} has no image in this split" if lacking.size else "there is only one class"
        raise Failure("dataset", f"the metric {metric} is not defined: {cause}", stage="score", fix="choose another --metric")
    low, high = _interval(metric, p, seed)
    return {"value": value, "low": min(low, value), "high": max(high, value)}


def _interval(metric: str, p: Predictions, seed: int) -> tuple[float, float]:
    match metric:
        case "accuracy":
            return intervals.wilson(int(np.trace(p.confusion)), len(p.labels))
        case "balanced-accuracy":
            return intervals.bootstrap_confusion(p.confusion, metrics.balanced_accuracy, seed)
        case "macro-f1":
            return intervals.bootstrap_confusion(p.confusion, metrics.macro_f1, seed)
        case "log-loss":
            return intervals.bootstrap_mean(p.losses, seed)
        case "auc":
            return intervals.bootstrap_auc(p.probabilities, p.labels, seed)
    raise ValueError(f"unknown metric {metric!r}")


def _write_per_image(path: Path, p: Predictions) -> None:
    losses = np.minimum(p.losses, np.finfo(np.float32).max)
    path.write_bytes(np.stack([p.labels, p.predicted, losses], axis=1).astype("<f4").tobytes())
