"""Images that must stay in one split: identical pixels, near duplicates, and the user's own groups, joined."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .names import plural, refuse, safe, shown
from .near import Thumbs, near_pairs

MAX_AUTOMATIC_SHARE = 0.01  # a larger near-duplicate group is an error of the grouping
MAX_AUTOMATIC_IMAGES = 10  # below this many a share says nothing
LARGE_SHARE = 0.2  # a group above this leaves one fold larger than the others


@dataclass
class Groups:
    """Component numbers [n] int64, equal for images that belong together. `identical` <= `automatic` <= `joined`."""

    identical: np.ndarray
    automatic: np.ndarray
    joined: np.ndarray
    origin: str  # none | duplicates | user
    near_group_count: int
    near_image_count: int
    warnings: list[str]


def find_groups(facts: np.ndarray, thumbs: np.ndarray, user: np.ndarray | None) -> Groups:
    """`user` [n] holds group numbers of the user, or is None."""
    _, first, identical = np.unique(facts["pixel_hash"].view("V32"), return_index=True, return_inverse=True)
    pairs = near_pairs(facts["difference_hash"][first], Thumbs(thumbs, first))
    near, warnings = drop_large(components(len(first), pairs), identical)
    automatic = near[identical]
    joined = automatic if user is None else join(automatic, user)
    sizes = np.bincount(near, minlength=1)
    in_group = sizes[near] > 1
    origin = "user" if user is not None else "duplicates" if len(np.unique(joined)) < len(facts) else "none"
    largest = int(np.bincount(joined).max())
    if largest > max(LARGE_SHARE * len(facts), MAX_AUTOMATIC_IMAGES):
        warnings.append(f"One group holds {largest:,} of {len(facts):,} images: the splits cannot all have the intended size.")
    return Groups(identical, automatic, joined, origin, int((sizes > 1).sum()), int(in_group[identical].sum()), warnings)


def drop_large(near: np.ndarray, identical: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Undo near-duplicate groups above the share; identical pixels stay together whatever their number, being certain."""
    image_counts = np.bincount(near[identical])
    limit = max(MAX_AUTOMATIC_SHARE * len(identical), MAX_AUTOMATIC_IMAGES)
    large = (image_counts > limit) & (np.bincount(near, minlength=len(image_counts)) > 1)
    if not large.any():
        return near, []
    count = int(image_counts[large].sum())
    apart = near.copy()
    undone = np.flatnonzero(large[near])
    apart[undone] = near.max() + 1 + np.arange(len(undone))
    text = f"{count:,} images look alike in {plural(int(large.sum()), 'group')} too large to be copies: not used as groups."
    return np.unique(apart, return_inverse=True)[1], [text]


def components(count: int, pairs: np.ndarray) -> np.ndarray:
    """[count] component numbers of the graph with these edges: each node takes the lowest number that it is linked to."""
    root = np.arange(count)
    while True:
        a, b = root[pairs[:, 0]], root[pairs[:, 1]]
        if np.array_equal(a, b):
            return np.unique(root, return_inverse=True)[1]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(root, root[root]):
            root = root[root]


def join(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Components of images that share a group in `a` or in `b`."""
    offset = int(a.max()) + 1
    both = components(offset + int(b.max()) + 1, np.unique(np.stack([a, b + offset], axis=1), axis=0))
    return np.unique(both[a], return_inverse=True)[1]


def user_groups(paths: list[str], base: str, option: dict[str, str] | None) -> np.ndarray | None:
    """Group numbers [n] from the option; an image that the option does not name is a group of its own."""
    if option is None:
        return None
    names = _by_pattern(paths, option["pattern"]) if "pattern" in option else _by_file(paths, base, option["file"])
    named = {name for name in names if name is not None}
    examples = [f"for example {safe(path)}" for path in paths[:5]]
    what = "pattern" if "pattern" in option else "file"
    if not named:
        raise refuse(f"The groups {what} names none of the {len(paths):,} images.", examples, _fix(what))
    if len(named) == 1 and None not in names:
        only = shown(next(iter(named)))
        raise refuse(f"The groups {what} puts all images in one group, {only}.", examples, _fix(what))
    numbers = {name: number for number, name in enumerate(sorted(named))}
    return np.array([len(numbers) + i if name is None else numbers[name] for i, name in enumerate(names)], dtype=np.int64)


def _by_pattern(paths: list[str], pattern: str) -> list[str | None]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        message = f"The groups pattern {shown(pattern)} is not a regular expression: {error}."
        raise refuse(message, fix="see --help for an example", kind="usage") from error
    found = [compiled.search(path) for path in paths]
    return [None if match is None else match.group(1) if compiled.groups else match.group() for match in found]


def _by_file(paths: list[str], base: str, file: str) -> list[str | None]:
    """Rows are `path,group`; a path counts from the given folder or from the folder that holds the classes."""
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as lines:
            rows = [(number, row) for number, row in enumerate(csv.reader(lines), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = f"The groups file {shown(file)} cannot be read: {error}."
        raise refuse(message, fix="give a CSV of path,group", kind="usage") from error
    wrong = [number for number, row in rows if len(row) < 2]
    if wrong:
        raise refuse(f"Line {wrong[0]} of the groups file has no group.", fix="each line is path,group", kind="usage")
    group_of = {row[0].strip().replace("\\", "/").removeprefix("./"): row[1].strip() for _, row in rows}
    return [group_of.get(path, group_of.get(path.removeprefix(base))) for path in paths]


def _fix(what: str) -> str:
    if what == "file":
        return "each line is path,group with the path as below the folder"
    return "the first pair of parentheses must catch what images of one group share"
