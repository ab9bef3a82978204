"""Tests of `score`: the same numbers as scikit-learn, intervals that cover, and prediction files that lie."""

import io
import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as reference

from improve_harness import intervals, metrics, protocol, score
from improve_harness.hostile_files import read_exact
from improve_harness.metrics import Array
from improve_harness.protocol import Failure

METRICS = ("accuracy", "balanced-accuracy", "macro-f1", "log-loss", "auc")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    monkeypatch.setattr(protocol, "_stream", stream)
    yield stream


def write_prediction(
    folder: Path, logits: Array, labels: Array, check_rows: list[int] | None = None, check: Array | None = None
) -> dict[str, Any]:
    """One entry of the job's `predictions`. Without `check`, the check file repeats the rows exactly."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = check_rows or []
    logits.astype("<f4").tofile(folder / "logits.f32")
    labels.astype("<i4").tofile(folder / "labels.i32")
    (logits[rows] if check is None else check).astype("<f4").tofile(folder / "check.f32")
    names = {key: str(folder / name) for key, name in (("logits", "logits.f32"), ("labels", "labels.i32"), ("check", "check.f32"))}
    return {**names, "count": len(labels), "check": names["check"] if rows else None, "checkRows": rows}


def job_of(predictions: list[dict[str, Any]], class_count: int, metric: str = "accuracy", **more: Any) -> dict[str, Any]:
    return {"predictions": predictions, "classCount": class_count, "metric": metric, "bootstrapSeed": 7, **more}


def score_files(events: io.StringIO, job: dict[str, Any]) -> dict[str, Any]:
    events.seek(0)
    events.truncate()
    score.run(job)
    event = json.loads(events.getvalue())
    assert event["type"] == "score.finished"
    return event["result"]


def failure_of(job: dict[str, Any]) -> Failure:
    with pytest.raises(Failure) as caught:
        score.run(job)
    return caught.value


def random_case(number: int) -> tuple[Array, Array, int]:
    """Logits float32 [n, C], labels [n], C: of many sizes, imbalanced or not, with ties, missing classes, extreme logits."""
    generator = np.random.default_rng(number)
    class_count = int(generator.choice([2, 3, 5, 10, 23]))
    n = int(generator.integers(2, 250))
    shares = generator.dirichlet(np.full(class_count, generator.choice([0.2, 1.0, 50.0])))
    labels = generator.choice(class_count, size=n, p=shares)
    logits = generator.normal(size=(n, class_count)) * generator.choice([0.1, 1.0, 3.0])
    logits[np.arange(n), labels] += generator.choice([0.0, 1.0, 4.0])
    if number % 3 == 0:
        logits = np.round(logits)
    if number % 7 == 0:
        logits *= 1e4
    if number % 11 == 0:
        logits[:] = logits[0]
    if number % 13 == 0:
        logits += 1e6
    return logits.astype(np.float32), labels, class_count


def test_500_random_prediction_files_get_the_numbers_of_scikit_learn(tmp_path: Path, events: io.StringIO) -> None:
    compared = {"auc": 0, "top_k": 0, "log_loss": 0}
    for number in range(500):
        logits, labels, class_count = random_case(number)
        result = score_files(events, job_of([write_prediction(tmp_path, logits, labels)], class_count))
        predicted = logits.argmax(axis=1)
        every = np.arange(class_count)
        assert result["accuracy"]["value"] == pytest.approx(reference.accuracy_score(labels, predicted), abs=1e-9)
        recalls = reference.recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0)
        assert result["balancedAccuracy"] == pytest.approx(recalls, abs=1e-9)
        assert result["macroF1"] == pytest.approx(reference.f1_score(labels, predicted, average="macro", zero_division=0), abs=1e-9)
        assert_per_class(result, labels, predicted, every)
        probabilities = reference_softmax(logits)
        if probabilities[np.arange(len(labels)), labels].min() > 1e-15:
            compared["log_loss"] += 1
            assert result["logLoss"] == pytest.approx(reference.log_loss(labels, probabilities, labels=every), abs=1e-9)
        if len(np.unique(labels)) == class_count:
            compared["auc"] += 1
            one_hot = labels[:, None] == every
            assert result["auc"] == pytest.approx(reference.roc_auc_score(one_hot, probabilities, average="macro"), abs=1e-9)
        else:
            assert result["auc"] is None
        if class_count > 2 and all(len(np.unique(row)) == class_count for row in logits):
            compared["top_k"] += 1
            k = result["topK"]["k"]
            expected = reference.top_k_accuracy_score(labels, logits, k=k, labels=every)
            assert (k, result["topK"]["value"]) == (min(5, class_count - 1), pytest.approx(expected, abs=1e-9))
    assert all(count > 100 for count in compared.values()), compared


def reference_softmax(logits: Array) -> Array:
    """Softmax written another way; summed exactly, so that equal rows in another order of classes stay equal."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True).astype(np.float64)
    totals = np.array([math.fsum(row) for row in np.exp(shifted)])
    return np.exp(shifted - np.log(totals)[:, None])


def assert_per_class(result: dict[str, Any], labels: Array, predicted: Array, every: Array) -> None:
    precision, recall, _, count = reference.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
    assert [row["count"] for row in result["perClass"]] == count.tolist()
    assert [row["recall"] for row in result["perClass"]] == pytest.approx(recall.tolist(), abs=1e-9)
    assert [row["precision"] for row in result["perClass"]] == pytest.approx(precision.tolist(), abs=1e-9)
    cells = reference.confusion_matrix(labels, predicted, labels=every)
    np.fill_diagonal(cells, 0)
    counts = sorted(cells[cells > 0].tolist(), reverse=True)[:20]
    assert [count for _, _, count in result["confusions"]] == counts
    assert all(cells[true, guess] == count for true, guess, count in result["confusions"])


def test_scikit_learns_own_multiclass_auc_agrees(tmp_path: Path, events: io.StringIO) -> None:
    generator = np.random.default_rng(1)
    logits, labels = generator.normal(size=(400, 6)).astype(np.float32), generator.integers(0, 6, 400)
    result = score_files(events, job_of([write_prediction(tmp_path, logits, labels)], 6))
    expected = reference.roc_auc_score(labels, reference_softmax(logits), multi_class="ovr", average="macro")
    assert result["auc"] == pytest.approx(expected, abs=1e-9)


def test_a_certain_and_wrong_image_costs_its_logit_gap_and_no_infinity(tmp_path: Path, events: io.StringIO) -> None:
    logits = np.array([[3e38, 0], [0, 1e4]], dtype=np.float32)
    result = score_files(
        events, job_of([write_prediction(tmp_path, logits, np.array([0, 0]))], 2, perImage=str(tmp_path / "rows.f32"))
    )
    assert result["logLoss"] == pytest.approx(5000)
    logits[0] = [3e38, -3e38]
    score_files(events, job_of([write_prediction(tmp_path, logits, np.array([1, 0]))], 2, perImage=str(tmp_path / "rows.f32")))
    assert np.isfinite(np.fromfile(tmp_path / "rows.f32", dtype="<f4")).all()


def test_calibration_error_is_the_gap_between_confidence_and_accuracy(tmp_path: Path, events: io.StringIO) -> None:
    sure = np.log(np.array([[0.8, 0.2]] * 10 + [[0.45, 0.55]] * 10))
    labels = np.array([0] * 5 + [1] * 5 + [1] * 10)
    result = score_files(events, job_of([write_prediction(tmp_path, sure, labels)], 2))
    assert result["calibrationError"] == pytest.approx((0.3 * 10 + 0.45 * 10) / 20, abs=1e-6)


def test_top_k_of_a_constant_output_is_a_fixed_guess_of_the_first_classes() -> None:
    labels = np.arange(10)
    assert metrics.top_k_accuracy(np.zeros((10, 10)), labels, 5) == 0.5
    assert metrics.top_k_accuracy(np.zeros((10, 10)), labels, 1) == 0.1


@pytest.mark.parametrize("hits,n", [(0, 1), (1, 1), (0, 40), (40, 40), (7, 23), (9000, 10000)])
def test_wilson_interval_holds_the_shares_that_a_normal_test_does_not_reject(hits: int, n: int) -> None:
    low, high = intervals.wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    for bound in (low, high):
        assert (hits / n - bound) ** 2 == pytest.approx(3.841458820694124 * bound * (1 - bound) / n, abs=1e-12)


@pytest.mark.parametrize("number", range(5, 25))
def test_the_order_of_images_and_of_classes_changes_no_metric(number: int, tmp_path: Path, events: io.StringIO) -> None:
    logits, labels, class_count = random_case(number)
    if not all(np.count_nonzero(row == row.max()) == 1 for row in logits):
        logits = logits + np.random.default_rng(number).normal(size=logits.shape).astype(np.float32)
    images = np.random.default_rng(number).permutation(len(labels))
    classes = np.random.default_rng(number + 1).permutation(class_count)
    before = score_files(events, job_of([write_prediction(tmp_path, logits, labels)], class_count))
    after = score_files(
        events, job_of([write_prediction(tmp_path, logits[images][:, np.argsort(classes)], classes[labels[images]])], class_count)
    )
    for name in ("balancedAccuracy", "macroF1", "logLoss", "auc", "calibrationError"):
        assert after[name] == pytest.approx(before[name], abs=1e-9), name
    assert after["accuracy"] == before["accuracy"]
    assert [after["perClass"][classes[c]] for c in range(class_count)] == before["perClass"]


def test_folds_are_scored_as_one_set(tmp_path: Path, events: io.StringIO) -> None:
    logits, labels, class_count = random_case(4)
    half = len(labels) // 2
    folds = [
        write_prediction(tmp_path / "0", logits[:half], labels[:half], [0]),
        write_prediction(tmp_path / "1", logits[half:], labels[half:], [1]),
    ]
    pooled = score_files(events, job_of(folds, class_count, "macro-f1"))
    whole = score_files(events, job_of([write_prediction(tmp_path / "2", logits, labels, [0, half + 1])], class_count, "macro-f1"))
    assert pooled == whole
    assert pooled["independence"] == {"checked": 2, "agreement": 1, "maxDifference": 0}


def test_one_row_an_image_is_written_for_paired_tests(tmp_path: Path, events: io.StringIO) -> None:
    logits, labels, class_count = random_case(4)
    job = job_of([write_prediction(tmp_path, logits, labels)], class_count, perImage=str(tmp_path / "rows.f32"))
    result = score_files(events, job)
    rows = np.fromfile(tmp_path / "rows.f32", dtype="<f4").reshape(-1, 3)
    assert rows[:, 0].tolist() == labels.tolist()
    assert rows[:, 1].tolist() == logits.argmax(axis=1).tolist()
    assert rows[:, 2].mean() == pytest.approx(result["logLoss"], rel=1e-5)


@pytest.mark.parametrize("metric", METRICS)
def test_the_chosen_metric_has_an_interval_that_repeats_and_holds_it(metric: str, tmp_path: Path, events: io.StringIO) -> None:
    generator = np.random.default_rng(3)
    labels = np.arange(2000) % 10
    logits = generator.normal(size=(2000, 10)) + 2 * np.eye(10)[labels]
    job = job_of([write_prediction(tmp_path, logits, labels)], 10, metric)
    result = score_files(events, job)
    names = {"balanced-accuracy": "balancedAccuracy", "macro-f1": "macroF1", "log-loss": "logLoss", "auc": "auc"}
    expected = result["accuracy"]["value"] if metric == "accuracy" else result[names[metric]]
    assert result["chosen"]["value"] == expected
    assert result["chosen"]["low"] < expected < result["chosen"]["high"]
    assert score_files(events, job) == result


@pytest.mark.parametrize("metric", ["balanced-accuracy", "macro-f1", "log-loss", "auc"])
def test_the_bootstrap_interval_covers_the_truth_about_95_times_in_100(metric: str) -> None:
    """150 simulated splits of 200 images; the truth is the same model on 200,000."""
    generator = np.random.default_rng(11)

    def sample(n: int) -> metrics.Predictions:
        labels = generator.choice(3, size=n, p=[0.5, 0.3, 0.2])
        return metrics.summarize(generator.normal(size=(n, 3)) + 1.2 * np.eye(3)[labels], labels)

    truth = _truth(sample(200_000), metric)
    covered = 0
    for seed in range(150):
        low, high = score._interval(metric, sample(200), seed)
        covered += low <= truth <= high
    assert 0.89 <= covered / 150 <= 0.99


def _truth(p: metrics.Predictions, metric: str) -> float:
    one_hot = p.labels[:, None] == np.arange(3)
    if metric == "auc":
        return float(reference.roc_auc_score(one_hot, p.probabilities, average="macro"))
    if metric == "log-loss":
        return float(p.losses.mean())
    return float({"macro-f1": metrics.macro_f1, "balanced-accuracy": metrics.balanced_accuracy}[metric](p.confusion))


def test_a_bootstrap_draw_of_the_area_equals_the_area_of_the_drawn_images() -> None:
    generator = np.random.default_rng(5)
    scores, positive = np.round(generator.normal(size=60), 1), generator.random(60) < 0.3
    plan = intervals._AucPlan(scores, positive)
    for _ in range(50):
        drawn = generator.integers(0, 60, 60)
        weights = np.bincount(drawn, minlength=60).astype(np.float32)[:, None]
        expected = reference.roc_auc_score(positive[drawn], scores[drawn])
        assert plan.areas(weights)[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_an_interval_for_10000_images_of_10_classes_takes_less_than_2_seconds(metric: str) -> None:
    generator = np.random.default_rng(3)
    labels = np.arange(10_000) % 10
    predictions = metrics.summarize(generator.normal(size=(10_000, 10)) + np.eye(10)[labels], labels)
    started = time.process_time()
    score._interval(metric, predictions, 0)
    assert time.process_time() - started < 2


def test_an_area_that_is_not_defined_says_which_class_lacks_images(tmp_path: Path) -> None:
    prediction = write_prediction(tmp_path, np.zeros((4, 3)), np.array([0, 1, 0, 1]))
    failure = failure_of(job_of([prediction], 3, "auc"))
    assert failure.message == "the metric auc is not defined: class number 2 has no image in this split"


def test_one_class_and_one_image_are_scored(tmp_path: Path, events: io.StringIO) -> None:
    result = score_files(events, job_of([write_prediction(tmp_path, np.zeros((1, 1)), np.array([0]))], 1, "log-loss"))
    assert (result["accuracy"]["value"], result["auc"], result["topK"], result["logLoss"]) == (1, None, {"k": 1, "value": 1}, 0)


def test_a_constant_output_is_a_bad_classifier_and_no_failure(tmp_path: Path, events: io.StringIO) -> None:
    logits = np.tile(np.arange(4.0), (20, 1))
    prediction = write_prediction(tmp_path, logits, np.arange(20) % 4, [0, 5])
    assert score_files(events, job_of([prediction], 4))["accuracy"]["value"] == 0.25


# Files of a hostile folder


def damage_symlink(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def damage_dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere")


def damage_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def damage_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def damage_sparse(path: Path) -> None:
    os.truncate(path, 1 << 40)


def damage_nan(path: Path) -> None:
    logits = np.fromfile(path, dtype="<f4")
    logits[[12, 13, 55]] = [np.nan, np.inf, -np.inf]
    logits.tofile(path)


HOSTILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "missing": (Path.unlink, "logits.f32 is missing: the prediction wrote no output"),
    "symlink": (damage_symlink, "logits.f32 is a symbolic link, expected a regular file"),
    "dangling": (damage_dangling, "logits.f32 is a symbolic link, expected a regular file"),
    "fifo": (damage_fifo, "logits.f32 is a named pipe, expected a regular file"),
    "folder": (damage_folder, "logits.f32 is a folder, expected a regular file"),
    "hard link": (lambda p: os.link(p, p.with_name("twin")), "logits.f32 has 2 names (hard links), expected a file of its own"),
    "sparse": (damage_sparse, "logits.f32 has 1,099,511,627,776 bytes, expected 4,000 (100 images x 10 classes x 4)"),
    "short": (lambda p: os.truncate(p, 400), "logits.f32 has 400 bytes, expected 4,000 (100 images x 10 classes x 4)"),
    "long": (lambda p: os.truncate(p, 4001), "logits.f32 has 4,001 bytes, expected 4,000 (100 images x 10 classes x 4)"),
    "empty": (lambda p: os.truncate(p, 0), "logits.f32 has 0 bytes, expected 4,000 (100 images x 10 classes x 4)"),
    "nan": (damage_nan, "logits.f32 has NaN or infinity in 2 of 100 rows (first: row 1)"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_prediction_file_is_refused_with_one_sentence(name: str, tmp_path: Path) -> None:
    damage, sentence = HOSTILE[name]
    prediction = write_prediction(tmp_path, np.random.default_rng(0).normal(size=(100, 10)), np.arange(100) % 10)
    damage(Path(prediction["logits"]))
    failure = failure_of(job_of([prediction], 10))
    assert (failure.kind, failure.stage, failure.message) == ("bad-output", "predict", sentence)


def test_the_check_file_is_read_by_the_same_rules(tmp_path: Path) -> None:
    prediction = write_prediction(tmp_path, np.zeros((100, 10)), np.arange(100) % 10, [3, 1, 2])
    os.truncate(prediction["check"], 8)
    assert failure_of(job_of([prediction], 10)).message == "check.f32 has 8 bytes, expected 120 (3 images x 10 classes x 4)"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero")
def test_a_device_is_refused() -> None:
    with pytest.raises(Failure, match="zero is a device, expected a regular file"):
        read_exact(Path("/dev/zero"), 4)


def test_labels_that_do_not_fit_are_an_error_of_ours(tmp_path: Path) -> None:
    prediction = write_prediction(tmp_path, np.zeros((3, 2)), np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="must hold 3 labels"):
        score.run(job_of([prediction], 2))


def test_no_image_at_all_is_refused(tmp_path: Path) -> None:
    prediction = write_prediction(tmp_path, np.zeros((0, 2)), np.zeros(0))
    assert failure_of(job_of([prediction], 2)).message == "there is no image to score"


def test_a_check_of_no_rows_needs_no_file(tmp_path: Path, events: io.StringIO) -> None:
    prediction = write_prediction(tmp_path, np.zeros((4, 2)), np.array([0, 1, 0, 1]))
    job = job_of([{**prediction, "check": str(tmp_path / "never written")}], 2)
    assert score_files(events, job)["independence"] == {"checked": 0, "agreement": 1, "maxDifference": 0}


def test_a_prediction_that_depends_on_its_batch_is_refused(tmp_path: Path) -> None:
    logits = np.random.default_rng(2).normal(size=(40, 5))
    prediction = write_prediction(tmp_path, logits, np.arange(40) % 5, [7, 3], logits[[3, 7]])
    failure = failure_of(job_of([prediction], 5))
    assert (failure.kind, failure.stage) == ("not-independent", "predict")


def test_the_process_starts_without_torch_and_fast(tmp_path: Path) -> None:
    prediction = write_prediction(tmp_path, np.zeros((4, 2)), np.array([0, 1, 0, 1]))
    (tmp_path / "job.json").write_text(json.dumps(job_of([prediction], 2)))
    entry = Path(score.__file__).parents[1] / "run.py"
    listing = "import sys, runpy; sys.argv[1:] = sys.argv[2:]; "
    code = (
        listing
        + f"sys.argv[0] = {str(entry)!r}\ntry: runpy.run_path({str(entry)!r}, run_name='__main__')\nfinally: print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, "-", "score", str(tmp_path / "job.json")], capture_output=True, text=True, check=True
    )
    event, modules = done.stdout.splitlines()[:2]
    assert json.loads(event)["result"]["accuracy"]["value"] == 0.5
    assert not {"torch", "scipy", "sklearn", "PIL"} & set(modules.split())
