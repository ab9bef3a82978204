"""Properties of the splits: disjoint, grouped, stratified, of the promised size, blind to names and order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improve_harness.prepare.blocks import make_blocks, quotas, take
from improve_harness.prepare.groups import Groups
from improve_harness.prepare.layout import TEST, TRAIN, VAL
from improve_harness.prepare.read import FACTS
from improve_harness.prepare.splits import make_splits
from improve_harness.protocol import Failure


def make_facts(count, seed=0):
    facts = np.zeros(count, dtype=FACTS)
    rng = np.random.default_rng(seed)
    for field in ("pixel_hash", "sha256"):
        facts[field] = np.frombuffer(rng.bytes(32 * count), dtype="V32")
    return facts


def make_groups(joined, automatic=None):
    alone = np.arange(len(joined))
    return Groups(alone, alone if automatic is None else automatic, joined, "none", 0, 0, [])


def split(labels, joined=None, given_splits=None, automatic=None, scheme=None, seed=0):
    labels = np.asarray(labels, dtype=np.int32)
    joined = np.arange(len(labels)) if joined is None else np.asarray(joined)
    given_splits = np.zeros(len(labels), dtype=np.int8) if given_splits is None else np.asarray(given_splits, dtype=np.int8)
    classes = [str(i) for i in range(int(labels.max()) + 1)]
    return make_splits(make_facts(len(labels), seed), labels, given_splits, make_groups(joined, automatic), classes, scheme)


@st.composite
def datasets(draw):
    """Labels and group numbers: 2 to 8 classes, 2 to 60 groups each, groups of 1 to 6 images, some over two classes."""
    class_count = draw(st.integers(2, 8))
    labels, groups = [], []
    for label in range(class_count):
        for size in draw(st.lists(st.integers(1, 6) | st.just(1), min_size=2, max_size=60)):
            other = draw(st.integers(0, 20)) == 0
            labels += [label] * size + ([(label + 1) % class_count] if other else [])
            groups += [len(groups)] * (size + other)
    return np.array(labels), np.unique(groups, return_inverse=True)[1]


@settings(max_examples=120, deadline=None)
@given(datasets(), st.sampled_from([None, "fixed", "rotating", "pooled"]))
def test_splits_are_disjoint_complete_grouped_and_hold_every_class(data, scheme):
    labels, groups = data
    splits = split(labels, groups, scheme=scheme)
    rows = np.concatenate(list(splits.rows.values()))
    assert sorted(rows.tolist()) == list(range(len(labels)))
    part_of = np.zeros(len(labels), dtype=int)
    for number, part in enumerate(splits.rows.values()):
        assert len(part)
        part_of[part] = number
    assert all(len(set(part_of[groups == g])) == 1 for g in np.unique(groups))
    if splits.test_origin == "sealed":
        assert set(labels[splits.rows["test"]]) == set(labels)
    for fold in splits.folds:
        assert fold.val not in fold.train
        assert "test" not in [*fold.train, fold.val]
        check_dev(fold, splits, labels, groups)


def check_dev(fold, splits, labels, groups):
    trained = np.concatenate([splits.rows[name] for name in fold.train])
    dev = trained[fold.dev]
    rest = np.delete(trained, fold.dev)
    assert not set(groups[dev]) & set(groups[rest])
    assert np.array_equal(fold.dev, np.unique(fold.dev))
    for label in np.unique(labels[trained]):
        holders = set(groups[trained][labels[trained] == label].tolist())
        shared = any(len(set(labels[trained][groups[trained] == g])) > 1 for g in holders)
        assert label in labels[rest]
        if len(holders) >= 2 and not shared:
            assert label in labels[dev]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(20, 300), min_size=2, max_size=10))
def test_single_images_are_split_in_the_promised_proportions(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    splits = split(labels)
    assert splits.test_origin == "sealed"
    assert len(splits.rows["test"]) == round(0.125 * len(labels))
    for label, count in enumerate(counts):
        assert abs((labels[splits.rows["test"]] == label).sum() - 0.125 * count) < 1.01
        in_folds = [(labels[splits.rows[f"fold{k}"]] == label).sum() for k in range(5)]
        assert max(in_folds) - min(in_folds) <= 1
    for fold in splits.folds:
        trained = sum(len(splits.rows[name]) for name in fold.train)
        assert abs(len(fold.dev) - 0.07 * trained) <= 1 + len(counts)


@pytest.mark.parametrize(
    ("count", "scheme", "parts"),
    [
        (2284, "pooled", 6),
        (2288, "rotating", 6),
        (22_850, "rotating", 6),
        (22_860, "fixed", 3),
    ],
)
def test_scheme_follows_the_number_of_images_without_test(count, scheme, parts):
    splits = split(np.arange(count) % 4)
    assert (splits.scheme, len(splits.rows)) == (scheme, parts)


def test_test_and_val_are_capped_at_ten_thousand():
    splits = split(np.arange(120_000) % 7)
    assert {name: len(rows) for name, rows in splits.rows.items()} == {"train": 100_000, "val": 10_000, "test": 10_000}


def test_class_of_fewer_than_four_groups_means_no_sealed_test():
    splits = split([0] * 50 + [1] * 3)
    assert splits.test_origin == "none"
    assert "test" not in splits.rows
    assert splits.warnings == [
        "No sealed test: 1 has fewer than 4 independent images or groups. The final number is an estimate from the folds."
    ]


def test_smallest_dataset_has_folds_without_an_empty_one():
    splits = split([0, 0, 1, 1])
    assert [len(rows) for rows in splits.rows.values()] == [1, 1, 1, 1]
    assert [fold.val for fold in splits.folds] == ["fold0", "fold1", "fold2", "fold3"]


def test_class_that_is_one_group_is_said():
    splits = split([0] * 10 + [1] * 3, joined=list(range(10)) + [10] * 3)
    assert "In some fold there is nothing to train on for 1: all its images are one group." in splits.warnings


def test_one_group_of_everything_is_refused():
    with pytest.raises(Failure, match="belong to one group"):
        split([0, 0, 1, 1], joined=[0, 0, 0, 0])


def test_own_test_stays_and_train_gets_folds():
    given_splits = [TRAIN] * 100 + [TEST] * 30
    splits = split(np.arange(130) % 2, given_splits=given_splits)
    assert (splits.test_origin, splits.scheme) == ("user", "pooled")
    assert sorted(splits.rows["test"].tolist()) == list(range(100, 130))


def test_own_val_stays_and_train_gives_up_a_test():
    given_splits = [TRAIN] * 160 + [VAL] * 30
    splits = split(np.arange(190) % 2, given_splits=given_splits)
    assert (splits.test_origin, splits.scheme, list(splits.rows)) == ("sealed", "fixed", ["train", "val", "test"])
    assert sorted(splits.rows["val"].tolist()) == list(range(160, 190))
    assert len(splits.rows["test"]) == 20
    assert splits.rows["test"].max() < 160


def test_copies_of_own_test_are_dropped_from_train_and_val_and_copies_of_val_from_train():
    given_splits = [TRAIN] * 50 + [VAL] * 20 + [TEST] * 20
    automatic = np.arange(90)
    automatic[[0, 50, 70]] = 0  # one picture in all three
    automatic[[1, 51]] = 1  # train and val
    splits = split(np.arange(90) % 2, given_splits=given_splits, automatic=automatic)
    assert splits.dropped.tolist() == [0, 1, 50]
    assert len(splits.rows["test"]) == 20
    assert 51 in splits.rows["val"]


def test_user_groups_over_own_splits_are_kept_and_said():
    given_splits = [TRAIN] * 40 + [TEST] * 40
    splits = split(np.arange(80) % 2, given_splits=given_splits, joined=np.arange(80) % 40)
    assert len(splits.rows["test"]) == 40
    assert splits.torn_group_count == 40
    assert splits.warnings[0] == "40 groups of yours lie in more than one of your own splits, which are kept as they are."


def test_own_val_forbids_a_scheme_of_folds():
    with pytest.raises(Failure) as caught:
        split(np.arange(90) % 2, given_splits=[TRAIN] * 60 + [VAL] * 30, scheme="pooled")
    assert caught.value.kind == "usage"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_order_of_the_images_does_not_matter(seed):
    labels = np.arange(200) % 3
    groups = np.arange(200) // 2
    facts = make_facts(200)
    order = np.random.default_rng(seed).permutation(200)
    alone = np.zeros(200, dtype=np.int8)
    classes = ["a", "b", "c"]
    a = make_splits(facts, labels, alone, make_groups(groups), classes, None)
    b = make_splits(facts[order], labels[order], alone, make_groups(groups[order]), classes, None)
    assert {n: r.tolist() for n, r in a.rows.items()} == {n: order[r].tolist() for n, r in b.rows.items()}
    assert [f.dev.tolist() for f in a.folds] == [f.dev.tolist() for f in b.folds]


def test_quotas_sum_to_the_share_with_at_least_one_each():
    assert quotas(np.array([100, 50, 2]), 0.125, 10_000) == [12, 6, 1]
    assert sum(quotas(np.full(7, 3000), 0.5, 1000)) == 1000


def test_take_never_takes_the_last_block_of_a_class():
    labels = np.array([0, 0, 1, 1, 1])
    blocks = make_blocks(np.arange(5), labels, np.array([0, 1, 2, 2, 2]))
    assert take(blocks, 2, 0.9, 100) == [True, False, False]
