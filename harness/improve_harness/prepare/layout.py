"""Which folders are splits and which are classes, told from the paths of the images."""

from __future__ import annotations

from .names import first_few, refuse
from .source import Listing

TRAIN, VAL, TEST = 0, 1, 2
SPLIT_NAMES = ("train", "val", "test")
SPLIT_OF_FOLDER = {"train": TRAIN, "training": TRAIN, "val": VAL, "valid": VAL, "validation": VAL, "test": TEST, "testing": TEST}
MAX_WRAPPING_FOLDERS = 3


def find_base(paths: list[str], listing: Listing) -> str:
    """The folder that holds the class or split folders: a single folder around everything is descended into."""
    base = ""
    for _ in range(MAX_WRAPPING_FOLDERS):
        inner = [path[len(base) :].split("/") for path in paths]
        tops = {parts[0] for parts in inner}
        if len(tops) != 1 or any(len(parts) < 3 for parts in inner):
            return base
        (only,) = tops
        if only.lower() in SPLIT_OF_FOLDER or _has_empty_sibling(base, only, listing):
            return base
        base += only + "/"
    return base


def _has_empty_sibling(base: str, only: str, listing: Listing) -> bool:
    """An empty folder beside `only` is a class without images, so `only` is a class too."""
    filled = {entry.path[len(base) :].split("/")[0] for entry in listing.files if entry.path.startswith(base)}
    here = {folder[len(base) :] for folder in listing.folders if folder.startswith(base) and "/" not in folder[len(base) :]}
    return bool(here - filled - {only, ""})


def find_splits(paths: list[str], base: str) -> dict[int, str]:
    """{split: prefix}. Flat folders give {TRAIN: base}; a class that is called "train" (bus, car, train) is not a split."""
    deep: dict[str, bool] = {}  # top folder -> has images in folders of its own
    for path in paths:
        parts = path[len(base) :].split("/")
        if len(parts) > 1:
            deep[parts[0]] = deep.get(parts[0], False) or len(parts) > 2
    named = [name for name in deep if name.lower() in SPLIT_OF_FOLDER]
    others = [name for name in deep if name not in named]
    trains = [name for name in named if SPLIT_OF_FOLDER[name.lower()] == TRAIN]
    if not trains or (others and (len(named) == 1 or not any(deep[name] for name in trains))):
        if named and not others:
            raise refuse(
                "There are split folders but no train folder.",
                [f"found: {first_few(sorted(named))}"],
                "add train/ with one folder per class",
            )
        return {TRAIN: base}
    return _split_prefixes(named, base)


def _split_prefixes(named: list[str], base: str) -> dict[int, str]:
    prefixes: dict[int, str] = {}
    for name in sorted(named):
        split = SPLIT_OF_FOLDER[name.lower()]
        if split in prefixes:
            other = prefixes[split][len(base) : -1]
            raise refuse(f"Two folders are the {SPLIT_NAMES[split]} split: {other} and {name}.", fix="merge them or rename one")
        prefixes[split] = f"{base}{name}/"
    return prefixes
