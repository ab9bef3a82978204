"""Which way of computing is chosen from given rates. Not covered: the measuring."""

import pytest
import torch

from improve_harness.machine import FEWER_THREADS_MARGIN, MARGIN, Variant, choose

PLAIN, HALF = Variant(4, torch.float32, False), Variant(4, torch.bfloat16, True)
FEW_PLAIN, FEW_HALF = Variant(2, torch.float32, False), Variant(2, torch.bfloat16, True)
ALL = (PLAIN, Variant(4, torch.float32, True), Variant(4, torch.bfloat16, False), HALF)


@pytest.mark.parametrize("fastest", ALL)
def test_the_fastest_way_wins(fastest):
    assert choose({variant: 300.0 if variant == fastest else 100.0 for variant in ALL}) == fastest


@pytest.mark.parametrize(("gain", "chosen"), [(MARGIN - 0.01, PLAIN), (MARGIN + 0.01, HALF)])
def test_the_plain_way_is_left_only_for_a_gain_beyond_the_margin(gain, chosen):
    assert choose({PLAIN: 100.0, HALF: 100.0 * gain}) == chosen


@pytest.mark.parametrize(("gain", "chosen"), [(FEWER_THREADS_MARGIN - 0.01, HALF), (FEWER_THREADS_MARGIN + 0.01, FEW_HALF)])
def test_cores_are_left_idle_only_for_a_gain_beyond_a_margin_of_their_own(gain, chosen):
    assert choose({PLAIN: 50.0, HALF: 100.0, FEW_PLAIN: 50.0, FEW_HALF: 100.0 * gain}) == chosen


def test_fewer_threads_are_plain_too_where_nothing_else_is_gained():
    assert choose({PLAIN: 50.0, HALF: 40.0, FEW_PLAIN: 100.0, FEW_HALF: 101.0}) == FEW_PLAIN
