"""From a listing of files to labelled images: which folder is a class, which a split, and what is left over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .layout import SPLIT_NAMES, SPLIT_OF_FOLDER, TEST, TRAIN, VAL, find_base, find_splits
from .names import first_few, normal, plural, refuse, safe, shown
from .sniff import is_image, unsupported_format
from .source import Entry, Listing, Source

EXAMPLES = 5
LINKS_FIX = "put the pictures themselves there, e.g. with cp -rL from to: links that leave the folder are not followed"
LAYOUT_FIX = "make one folder per class and put its images there, e.g. flowers/rose/1.jpg, flowers/tulip/2.jpg"


class Image(NamedTuple):
    """One labelled image. `split` is TRAIN, VAL or TEST; flat folders are all TRAIN."""

    entry: Entry
    class_name: str
    split: int


@dataclass
class Scan:
    """Images in path order. `base` is the wrapping folder, "" or with a trailing slash."""

    base: str
    classes: list[str]
    entries: list[Entry]
    labels: np.ndarray  # [n] int32
    splits: np.ndarray  # [n] int8
    stray_count: int = 0
    stray_examples: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def scan(source: Source) -> Scan:
    """Raises Failure with one sentence when the files do not say which image has which label."""
    listing = source.list()
    pictures, strays = _separate(source, listing)
    if not pictures:
        fix = LINKS_FIX if listing.links and not strays else LAYOUT_FIX
        raise refuse("There are no images in this dataset.", _what_is_there(listing, strays), fix)
    base = find_base([entry.path for entry in pictures], listing)
    prefixes = find_splits([entry.path for entry in pictures], base)
    images, outside, warnings = label(pictures, prefixes)
    _check_unlabelled(images, outside, prefixes)
    warnings += _empty_folders(listing, prefixes, images)
    classes = check_classes(images, prefixes, warnings)
    used = {image.split for image in images}
    unlabelled = [prefix for split, prefix in prefixes.items() if split not in used]
    return _finish(base, classes, images, strays + outside, listing, unlabelled, warnings)


def _separate(source: Source, listing: Listing) -> tuple[list[Entry], list[str]]:
    """Pictures, by extension or else by their first bytes; the paths of all other files."""
    pictures, strays = [], []
    for entry in listing.files:
        if is_image(source, entry):
            pictures.append(entry)
        else:
            strays.append(entry.path)
    return pictures, strays


def label(pictures: list[Entry], prefixes: dict[int, str]) -> tuple[list[Image], list[str], list[str]]:
    """Labelled images, paths of images outside class folders, warnings. The class is the first folder below the split."""
    images: list[Image] = []
    outside: list[str] = []
    unlabelled: Counter[int] = Counter()
    for entry in pictures:
        split = next((s for s, prefix in prefixes.items() if entry.path.startswith(prefix)), None)
        parts = [] if split is None else entry.path[len(prefixes[split]) :].split("/")
        if split is not None and len(parts) > 1:
            images.append(Image(entry, safe(normal(parts[0])), split))
        else:
            outside.append(entry.path)
            if split is not None:
                unlabelled[split] += 1
    used = {image.split for image in images}
    warnings = [
        f"{_last(prefixes[split])}/ has {plural(count, 'image')} but no class folders: without labels it is not used."
        for split, count in unlabelled.items()
        if split not in used and split != TRAIN
    ]
    return images, outside, warnings


def _last(prefix: str) -> str:
    return safe(prefix.rstrip("/").split("/")[-1])


def _check_unlabelled(images: list[Image], outside: list[str], prefixes: dict[int, str]) -> None:
    if not any(image.split == TRAIN for image in images):
        where = "train/" if len(prefixes) > 1 or prefixes[TRAIN] else "the folder"
        raise refuse(
            f"The images lie directly in {where}, not in class folders, so they have no labels.",
            [f"images: {first_few(outside)}"],
            LAYOUT_FIX,
        )


def _empty_folders(listing: Listing, prefixes: dict[int, str], images: list[Image]) -> list[str]:
    used = {(image.split, image.class_name) for image in images}
    names = []
    for split, prefix in prefixes.items():
        below = [folder[len(prefix) :] for folder in sorted(listing.folders) if folder.startswith(prefix)]
        tops = [safe(normal(name)) for name in below if "/" not in name]
        names += [name for name in tops if (split, name) not in used and name.lower() not in SPLIT_OF_FOLDER]
    return [f"{plural(len(names), 'class folder')} without images, not used: {first_few(names)}."] if names else []


def check_classes(images: list[Image], prefixes: dict[int, str], warnings: list[str]) -> list[str]:
    """The class names in order; raises Failure when they cannot be learnt or do not match between splits."""
    counts = [Counter(image.class_name for image in images if image.split == split) for split in (TRAIN, VAL, TEST)]
    classes = sorted(counts[TRAIN])
    for split in (VAL, TEST):
        _check_same_classes(classes, sorted(counts[split]), split)
        absent = [name for name in classes if name not in counts[split]]
        if counts[split] and absent:
            warnings.append(
                f"{plural(len(absent), 'class', 'classes')} without an image in {SPLIT_NAMES[split]}/: {first_few(absent)}."
            )
    if len(classes) == 1:
        raise refuse(
            f"There is only one class, {shown(classes[0])}: there is nothing to tell apart.",
            warnings,
            "add a folder with images of a second class",
        )
    check_two_images(classes, [counts[TRAIN][name] for name in classes])
    for names in alike_but_for_case(classes):
        warnings.append(f"Class names differ only in upper and lower case and are kept apart: {first_few(names)}.")
    return classes


def check_two_images(classes: list[str], train_counts: list[int]) -> None:
    """Each class needs an image to learn from and one to be judged by."""
    small = [f"{shown(name)} ({count})" for name, count in zip(classes, train_counts, strict=True) if count < 2]
    if small:
        verb = "has" if len(small) == 1 else "have"
        message = f"{plural(len(small), 'class', 'classes')} {verb} fewer than 2 readable images to train on: {first_few(small)}."
        raise refuse(message, small[:20], "add images to them or remove them")


def _check_same_classes(train: list[str], other: list[str], split: int) -> None:
    known = set(train)
    missing = [name for name in other if name not in known]
    if not missing:
        return
    where = SPLIT_NAMES[split]
    by_fold = {name.casefold(): name for name in train}
    alike = [(by_fold[name.casefold()], name) for name in missing if name.casefold() in by_fold]
    if alike:
        a, b = alike[0]
        message = f"Class names differ only in upper and lower case between splits: train/{shown(a)} and {where}/{shown(b)}."
        raise refuse(message, [f"train/{shown(a)}, {where}/{shown(b)}" for a, b in alike[:20]], "rename one of each pair")
    verb = "is" if len(missing) == 1 else "are"
    raise refuse(
        f"{plural(len(missing), 'class', 'classes')} in {where}/ {verb} not in train/: {first_few(missing)}.",
        [f"{where}/{shown(name)}" for name in missing[:20]],
        f"add it to train/, or remove it from {where}/",
    )


def alike_but_for_case(classes: list[str]) -> list[list[str]]:
    by_fold: dict[str, list[str]] = {}
    for name in classes:
        by_fold.setdefault(name.casefold(), []).append(name)
    return [names for names in by_fold.values() if len(names) > 1]


def _finish(
    base: str,
    classes: list[str],
    images: list[Image],
    strays: list[str],
    listing: Listing,
    unlabelled: list[str],
    warnings: list[str],
) -> Scan:
    """`unlabelled` are the prefixes of split folders without class folders, whose files a warning has told of."""
    index = {name: i for i, name in enumerate(classes)}
    strays = sorted(strays + listing.special)
    untold = [path for path in strays if not path.startswith(tuple(unlabelled))]
    if untold:
        warnings.append(f"{plural(len(untold), 'file')} not used (no image, or outside the class folders): {first_few(untold)}.")
    unsupported = Counter(word for path in strays if (word := unsupported_format(path)))
    for word, count in unsupported.items():
        warnings.append(f"{plural(count, word + ' file')} not used: this format is not read; convert to JPEG or PNG.")
    if listing.links:
        names = first_few(listing.links)
        warnings.append(f"{plural(len(listing.links), 'link')} not followed (outside the folder, broken or circular): {names}.")
    return Scan(
        base,
        classes,
        [image.entry for image in images],
        np.array([index[image.class_name] for image in images], dtype=np.int32),
        np.array([image.split for image in images], dtype=np.int8),
        len(strays),
        [safe(path) for path in strays[:EXAMPLES]],
        warnings,
    )


def _what_is_there(listing: Listing, strays: list[str]) -> list[str]:
    lines = []
    if strays:
        lines.append(f"other files: {first_few(strays)}")
    unsupported = sorted({word for path in strays if (word := unsupported_format(path))})
    if unsupported:
        lines.append(f"formats that are not read: {', '.join(unsupported)}; convert them to JPEG or PNG")
    if listing.links:
        lines.append(f"links that are not followed: {first_few(listing.links)}")
    if listing.folders and not lines:
        lines.append(f"empty folders: {first_few(sorted(listing.folders))}")
    return lines or ["the folder is empty"]
