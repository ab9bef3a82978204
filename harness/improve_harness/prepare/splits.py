"""The splits: a sealed test, then a fixed val or five folds, and dev inside the train parts of each fold.

All is decided in the order of a salted hash of the pixels, so file names, folders and the stored size have no influence.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from .blocks import Block, block_counts, deal, make_blocks, take
from .groups import Groups
from .layout import TEST, TRAIN, VAL
from .names import first_few, plural, refuse

SALT = b"improve splits 1"
TEST_SHARE, VAL_SHARE, DEV_SHARE = 0.125, 0.2, 0.07
MAX_JUDGED = 10_000  # images of test or val: beyond, more images say little more
MIN_GROUPS_FOR_TEST = 4  # of each class: a test, and something left for train, dev and val
FIXED_FROM, ROTATING_FROM = 20_000, 2_000  # images without test
FOLDS = 5
UNUSED = -1
NO_CAP = 1 << 62


@dataclass
class Fold:
    """Names of parts, and the rows of dev in the concatenation of the train parts."""

    train: list[str]
    val: str
    dev: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))


@dataclass
class Splits:
    """`rows` gives for each part its image numbers in stored order; `dropped` are copies of val or test images.

    `torn_group_count` groups of the user lie in more than one of the user's own splits.
    """

    scheme: str
    test_origin: str
    rows: dict[str, np.ndarray]
    folds: list[Fold]
    dropped: np.ndarray
    torn_group_count: int
    warnings: list[str]


def make_splits(
    facts: np.ndarray, labels: np.ndarray, given: np.ndarray, groups: Groups, classes: list[str], scheme: str | None
) -> Splits:
    """`given` [n] is TRAIN, VAL or TEST as the user's folders say."""
    order = hash_order(facts)
    split = drop_copies(given, groups)
    torn = count_torn(split, groups)
    warnings = _torn_warning(torn)
    origin = _seal_test(split, order, labels, groups, classes, warnings)
    scheme = choose_scheme(split, scheme)
    if scheme == "fixed":
        rows, blocks = _fixed(split, order, labels, groups, len(classes))
    else:
        rows, blocks = _folds(split, order, labels, groups, len(classes))
    folds = _pair(scheme, list(rows))
    if origin != "none":
        rows["test"] = order[split[order] == TEST]
    for fold in folds:
        fold.dev = dev_rows(fold, rows, blocks, labels, len(classes))
    dropped = np.flatnonzero(split == UNUSED)
    check_disjoint(rows, groups, given)
    _check_trained(folds, rows, labels, classes, warnings)
    return Splits(scheme, origin, rows, folds, dropped, torn, warnings)


def hash_order(facts: np.ndarray) -> np.ndarray:
    """Image numbers by salted pixel hash; equal pictures by the hash of their file."""
    keys = [hashlib.sha256(SALT + bytes(row["pixel_hash"])).digest() + bytes(row["sha256"]) for row in facts]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)


def drop_copies(given: np.ndarray, groups: Groups) -> np.ndarray:
    """The user's splits, with UNUSED for train and val images that copy a test image, and train images that copy a val image."""
    split = given.copy()
    for kept, others in ((TEST, (TRAIN, VAL)), (VAL, (TRAIN,))):
        copied = np.isin(groups.automatic, groups.automatic[split == kept])
        split[copied & np.isin(split, others)] = UNUSED
    return split


def choose_scheme(split: np.ndarray, wanted: str | None) -> str:
    """By what remains without test, unless the user has a val split or chose."""
    if (split == VAL).any():
        if wanted in ("rotating", "pooled"):
            raise refuse(
                f"The folder has its own val split, so the scheme cannot be {wanted}.",
                fix="remove val/ or the option",
                kind="usage",
            )
        return "fixed"
    remaining = int((split == TRAIN).sum())
    return wanted or ("fixed" if remaining >= FIXED_FROM else "rotating" if remaining >= ROTATING_FROM else "pooled")


def dev_rows(fold: Fold, rows: dict[str, np.ndarray], blocks: list[Block], labels: np.ndarray, class_count: int) -> np.ndarray:
    """DEV_SHARE of the fold's train parts, by groups, each class at least once where it has two groups there."""
    row_of = np.full(len(labels), UNUSED, dtype=np.int64)
    trained = np.concatenate([rows[name] for name in fold.train])
    row_of[trained] = np.arange(len(trained))
    inside = [block for block in blocks if row_of[block.images[0]] != UNUSED]
    chosen = take(inside, class_count, DEV_SHARE, NO_CAP)
    images = [image for block, is_dev in zip(inside, chosen, strict=True) if is_dev for image in block.images]
    return np.sort(row_of[images]).astype(np.int32)


def check_disjoint(rows: dict[str, np.ndarray], groups: Groups, given: np.ndarray) -> None:
    """Raises when a group lies in two parts; groups that the user's own splits tear apart are the user's."""
    part = np.full(len(given), UNUSED, dtype=np.int64)
    for number, name in enumerate(rows):
        if (part[rows[name]] != UNUSED).any():
            raise RuntimeError("an image is in two parts")
        part[rows[name]] = number
    used = part != UNUSED
    one_split = len(np.unique(given)) == 1
    for component in (groups.identical, groups.automatic, groups.joined) if one_split else (groups.identical, groups.automatic):
        pairs = np.unique(np.stack([component[used], part[used]], axis=1), axis=0)
        if len(np.unique(pairs[:, 0])) != len(pairs):
            raise RuntimeError("images that belong together are in two parts")


def _seal_test(
    split: np.ndarray, order: np.ndarray, labels: np.ndarray, groups: Groups, classes: list[str], warnings: list[str]
) -> str:
    """Mark the sealed test in `split`, unless the user has one or some class is too small. Returns its origin."""
    if (split == TEST).any():
        return "user"
    blocks = make_blocks(order[split[order] == TRAIN], labels, groups.joined)
    _, holders = block_counts(blocks, len(classes))
    small = [classes[label] for label, count in enumerate(holders) if count < MIN_GROUPS_FOR_TEST]
    if small:
        have = f"{first_few(small)} {'has' if len(small) == 1 else 'have'} fewer than {MIN_GROUPS_FOR_TEST}"
        warnings.append(f"No sealed test: {have} independent images or groups. The final number is an estimate from the folds.")
        return "none"
    chosen = take(blocks, len(classes), TEST_SHARE, MAX_JUDGED)
    split[[image for block, is_test in zip(blocks, chosen, strict=True) if is_test for image in block.images]] = TEST
    return "sealed"


Parts = tuple[dict[str, np.ndarray], list[Block]]


def _fixed(split: np.ndarray, order: np.ndarray, labels: np.ndarray, groups: Groups, class_count: int) -> Parts:
    blocks = make_blocks(order[split[order] == TRAIN], labels, groups.joined)
    if not (split == VAL).any():
        chosen = take(blocks, class_count, VAL_SHARE, MAX_JUDGED)
        split[[image for block, is_val in zip(blocks, chosen, strict=True) if is_val for image in block.images]] = VAL
        blocks = [block for block, is_val in zip(blocks, chosen, strict=True) if not is_val]
    return {"train": order[split[order] == TRAIN], "val": order[split[order] == VAL]}, blocks


def _folds(split: np.ndarray, order: np.ndarray, labels: np.ndarray, groups: Groups, class_count: int) -> Parts:
    blocks = make_blocks(order[split[order] == TRAIN], labels, groups.joined)
    if len(blocks) < 2:
        raise refuse(
            "All images to train on belong to one group, so none can be held out.",
            [f"{plural(int((split == TRAIN).sum()), 'image')} that --groups puts together, or that are copies of each other"],
            "give images that differ, or a --groups that tells them apart",
        )
    fold_count = min(FOLDS, len(blocks))
    fold_of = np.full(len(split), UNUSED, dtype=np.int64)
    for block, fold in zip(blocks, deal(blocks, class_count, fold_count), strict=True):
        fold_of[block.images] = fold
    return {f"fold{k}": order[fold_of[order] == k] for k in range(fold_count)}, blocks


def _pair(scheme: str, names: list[str]) -> list[Fold]:
    if scheme == "fixed":
        return [Fold(["train"], "val")]
    return [Fold([other for other in names if other != name], name) for name in names]


def count_torn(split: np.ndarray, groups: Groups) -> int:
    """Groups with images in more than one of the user's own splits."""
    used = split != UNUSED
    pairs = np.unique(np.stack([groups.joined[used], split[used].astype(np.int64)], axis=1), axis=0)
    return int((np.unique(pairs[:, 0], return_counts=True)[1] > 1).sum())


def _torn_warning(count: int) -> list[str]:
    if not count:
        return []
    return [f"{plural(count, 'group')} of yours lie in more than one of your own splits, which are kept as they are."]


def _check_trained(
    folds: list[Fold], rows: dict[str, np.ndarray], labels: np.ndarray, classes: list[str], warnings: list[str]
) -> None:
    """A class that is one group cannot be both learnt and judged: said, not hidden."""
    missing = set(range(len(classes)))
    lonely: set[int] = set()
    for fold in folds:
        trained = set(np.unique(labels[np.concatenate([rows[name] for name in fold.train])]).tolist())
        lonely |= missing - trained
    if lonely:
        names = first_few([classes[label] for label in sorted(lonely)])
        warnings.append(f"In some fold there is nothing to train on for {names}: all its images are one group.")
