"""Tests of the comparison of rows predicted alone with the same rows predicted among all."""

import numpy as np
import pytest

from improve_harness.independence import check_independence
from improve_harness.metrics import Array
from improve_harness.protocol import Failure


def normal(rows: int, classes: int, seed: int = 2) -> Array:
    return np.random.default_rng(seed).normal(size=(rows, classes))


def noise(shape: tuple[int, ...], relative: float) -> Array:
    return 1 + np.random.default_rng(9).uniform(-relative, relative, shape)


def failure_of(together: Array, alone: Array) -> Failure:
    with pytest.raises(Failure) as caught:
        check_independence(together, alone)
    return caught.value


@pytest.mark.parametrize("size,relative", [(1, 0.004), (10, 0.004), (40, 0.004), (1e4, 1e-4), (1e30, 1e-6)])
@pytest.mark.parametrize("classes", [2, 5, 100])
def test_rounding_is_no_dependence_whatever_the_size_of_the_logits(size: float, relative: float, classes: int) -> None:
    logits = normal(200, classes) * size
    result = check_independence(logits, logits * noise(logits.shape, relative))
    assert result["checked"] == 200
    assert 0 < result["maxDifference"] < 0.01
    assert result["agreement"] > 0.995


def test_rounding_is_no_dependence_where_all_logits_share_an_offset() -> None:
    logits = normal(50, 2) + 8
    assert check_independence(logits, logits * noise(logits.shape, 0.004))["agreement"] == 1


def test_a_tie_broken_the_other_way_by_rounding_is_agreement() -> None:
    logits = np.tile([1.0, 1.001, 0.0], (10, 1))
    result = check_independence(logits, logits + np.array([0.002, -0.002, 0]))
    assert result == {"checked": 10, "agreement": 1, "maxDifference": pytest.approx(0.002, rel=0.01)}


def test_equal_rows_differ_by_nothing() -> None:
    assert check_independence(normal(3, 4), normal(3, 4)) == {"checked": 3, "agreement": 1, "maxDifference": 0}


def test_no_row_to_compare_is_said_as_it_is() -> None:
    assert check_independence(np.zeros((0, 4)), np.zeros((0, 4))) == {"checked": 0, "agreement": 1, "maxDifference": 0}


@pytest.mark.parametrize("offset", [0, 90, 1e4])
def test_batch_statistics_are_found_also_behind_a_large_constant(offset: float) -> None:
    logits = normal(50, 5)
    failure = failure_of(logits + offset, logits - 3 * logits.mean(axis=0) + 0.3 * np.arange(5) + offset)
    assert (failure.kind, failure.stage) == ("not-independent", "predict")
    assert "the prediction of an image depends on other images: of 50 images predicted alone" in failure.message
    assert "batch statistics" in failure.evidence[0]


def test_the_position_in_the_batch_is_found() -> None:
    logits = normal(100, 4)
    logits[:, 0] += np.arange(100) / 10
    moved = logits.copy()
    moved[:, 0] += np.arange(100)[::-1] / 10 - np.arange(100) / 10
    assert failure_of(logits, moved).kind == "not-independent"


def test_one_changed_class_among_fifty_is_too_many() -> None:
    logits = normal(50, 5)
    alone = logits.copy()
    alone[0] = -alone[0]
    assert "2.0% got another class and 1 got other logits" in failure_of(logits, alone).message


@pytest.mark.parametrize("raised", [1, 4, 10])
def test_moving_some_classes_by_millions_does_not_hide_a_changed_class(raised: int) -> None:
    logits = normal(50, 10) * 50
    alone = logits[:, ::-1].copy()
    logits[:, :raised] -= 1e6
    alone[:, :raised] -= 1e6
    assert " 0.0% got another class" not in failure_of(logits, alone).message
