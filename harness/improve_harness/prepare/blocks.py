"""Blocks: the images of one group, moved as a whole. Choosing blocks by share, stratified by class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np


class Block(NamedTuple):
    """Image numbers of one group, and how many of each class it has."""

    images: list[int]
    counts: tuple[tuple[int, int], ...]


def make_blocks(images: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> list[Block]:
    """Blocks in the order of their first image; `images` come in hash order."""
    members: dict[int, list[int]] = {}
    for image, group in zip(images.tolist(), groups[images].tolist(), strict=True):
        members.setdefault(group, []).append(image)
    label_of = labels.tolist()
    return [Block(m, ((label_of[m[0]], 1),) if len(m) == 1 else _counts(label_of[i] for i in m)) for m in members.values()]


def _counts(labels: Iterable[int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(Counter(labels).items()))


def block_counts(blocks: list[Block], class_count: int) -> tuple[np.ndarray, list[int]]:
    """Images of each class [C], and blocks that hold each class."""
    images = np.zeros(class_count, dtype=np.int64)
    holders = [0] * class_count
    for block in blocks:
        for label, count in block.counts:
            images[label] += count
            holders[label] += 1
    return images, holders


def quotas(images: np.ndarray, share: float, cap: int) -> list[int]:
    """Images wanted of each class: `share` of it, at least 1, together at most `cap` where that leaves 1 each."""
    total = min(cap, round(share * int(images.sum())))
    exact = images * (total / max(1, int(images.sum())))
    wanted = np.maximum(np.floor(exact), (images > 0).astype(np.int64)).astype(np.int64)
    by_remainder = np.argsort(-(exact - np.floor(exact)), kind="stable")
    for label in by_remainder[: max(0, total - int(wanted.sum()))].tolist():
        wanted[label] += 1
    return wanted.tolist()


class Taker:
    """Takes blocks towards the quota of each class, in order, and never the last block of a class."""

    def __init__(self, blocks: list[Block], class_count: int, share: float, cap: int):
        images, self.left = block_counts(blocks, class_count)
        self.blocks = blocks
        self.quota = quotas(images, share, cap)
        self.have = [0] * class_count
        self.taken: list[bool] = [False] * len(blocks)
        self.room = max(cap, sum(1 for count in images if count))

    def run(self) -> list[bool]:
        """Which blocks are taken: those that fit; then those that bring a class closer; then one for each class without."""
        self._pass(lambda block: all(self.have[label] + n <= self.quota[label] for label, n in block.counts))
        if any(have < quota for have, quota in zip(self.have, self.quota, strict=True)):
            self._pass(lambda block: self._gain(block) < 0 and sum(self.have) + len(block.images) <= self.room)
        for label, have in enumerate(self.have):
            if have == 0 and self.quota[label] and self.left[label] > 1:
                self._take_smallest(label)
        return self.taken

    def _pass(self, fits: Callable[[Block], bool]) -> None:
        for position, block in enumerate(self.blocks):
            if not self.taken[position] and fits(block) and self._leaves_one(block):
                self._take(position)

    def _gain(self, block: Block) -> int:
        """Change of the summed distance to the quotas."""
        return sum(abs(self.have[c] + n - self.quota[c]) - abs(self.have[c] - self.quota[c]) for c, n in block.counts)

    def _leaves_one(self, block: Block) -> bool:
        return all(self.left[label] > 1 for label, _ in block.counts)

    def _take_smallest(self, label: int) -> None:
        fitting = [
            (len(block.images), position)
            for position, block in enumerate(self.blocks)
            if not self.taken[position] and any(c == label for c, _ in block.counts) and self._leaves_one(block)
        ]
        if fitting:
            self._take(min(fitting)[1])

    def _take(self, position: int) -> None:
        self.taken[position] = True
        for label, count in self.blocks[position].counts:
            self.have[label] += count
            self.left[label] -= 1


def take(blocks: list[Block], class_count: int, share: float, cap: int) -> list[bool]:
    """Which blocks make up `share` of the images, at most `cap`, each class at least once where it has two blocks."""
    return Taker(blocks, class_count, share, cap).run()


def deal(blocks: list[Block], class_count: int, fold_count: int) -> list[int]:
    """The fold of each block: even in every class and in total; large blocks are dealt first."""
    images, _ = block_counts(blocks, class_count)
    held = [[0] * fold_count for _ in range(class_count)]
    total = [0] * fold_count
    folds = range(fold_count)
    fold_of = [0] * len(blocks)
    for position in sorted(range(len(blocks)), key=lambda p: -len(blocks[p].images)):
        block = blocks[position]
        if len(block.counts) == 1:
            mine = held[block.counts[0][0]]
            best = min(folds, key=lambda f: (mine[f], total[f]))
        else:
            best = min(folds, key=lambda f: (sum(n * held[c][f] / images[c] for c, n in block.counts), total[f]))
        fold_of[position] = best
        total[best] += len(block.images)
        for label, count in block.counts:
            held[label][best] += count
    return fold_of
