"""Turns a folder or zip of labelled images into a staged dataset. Trusted code on untrusted files.

`run` is the whole story; docs/architecture.md says what the files mean.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import protocol
from . import card, store
from .fingerprint import THUMB
from .groups import Groups, find_groups, user_groups
from .layout import SPLIT_NAMES, TRAIN
from .names import refuse, safe
from .options import Options, parse_options
from .progress import Progress
from .read import Readings, check_quarantine, choose_edge, measure, read_all, stored_bytes
from .scan import Scan, check_two_images, scan
from .source import open_source
from .splits import Splits, make_splits

VERSION = 1
EXAMPLES = 10


@dataclass
class Pictures:
    """The images that were read, in path order: what groups, splits and the card are made of."""

    facts: np.ndarray
    labels: np.ndarray
    given: np.ndarray
    paths: list[str]
    thumbs: np.ndarray


def run(job: dict[str, Any]) -> None:
    """Raises Failure for what the user can mend. `job` has source, out, name, options."""
    options, out, progress = parse_options(job.get("options") or {}), Path(job["out"]), Progress()
    progress("scan", 0, 0)
    source = open_source(job["source"])
    found = scan(source)
    sizes = measure(source, found.entries, options.workers, progress)
    edge = choose_edge(sizes, options)
    byte_count = stored_bytes(sizes, edge)
    _check_disk(out, byte_count)
    if byte_count > options.store_byte_limit:
        found.warnings.append(
            f"The stored pixels take {byte_count / 2**30:.1f} GiB even at the smallest size, more than was allowed."
        )
    readings = read_all(source, found.entries, sizes, edge, out, options, progress)
    check_quarantine(found.entries, readings, options.quarantine_share)
    pictures = _keep_read(found, readings)
    check_two_images(found.classes, np.bincount(pictures.labels[pictures.given == TRAIN], minlength=len(found.classes)).tolist())
    progress("group", 0, 1)
    groups = find_groups(pictures.facts, pictures.thumbs, user_groups(pictures.paths, found.base, options.groups))
    splits = make_splits(pictures.facts, pictures.labels, pictures.given, groups, found.classes, options.scheme)
    _check_remaining(splits, pictures, found.classes)
    progress("group", 1, 1)
    _write(job["name"], out, edge, found, readings, pictures, groups, splits, options, progress)
    protocol.emit("prepare.finished")


def _keep_read(found: Scan, readings: Readings) -> Pictures:
    kept = np.flatnonzero(readings.facts["is_read"])
    thumbs = np.memmap(readings.thumbs, dtype=np.uint8, mode="r").reshape(-1, THUMB * THUMB)
    if len(kept) < len(thumbs):
        thumbs = np.asarray(thumbs[kept])
    paths = [safe(found.entries[i].path) for i in kept.tolist()]
    return Pictures(readings.facts[kept], found.labels[kept], found.splits[kept], paths, thumbs)


def _check_remaining(splits: Splits, pictures: Pictures, classes: list[str]) -> None:
    """Leaving out copies of the user's own test images may leave a class with nothing to learn from."""
    kept = pictures.given == TRAIN
    kept[splits.dropped] = False
    counts = np.bincount(pictures.labels[kept], minlength=len(classes)).tolist()
    if len(splits.dropped):
        check_two_images(classes, counts)


def _write(
    name: str,
    out: Path,
    edge: int,
    found: Scan,
    readings: Readings,
    pictures: Pictures,
    groups: Groups,
    splits: Splits,
    options: Options,
    progress: Progress,
) -> None:
    facts = pictures.facts
    channels = 3 if (facts["channels"] == 3).any() else 1
    parts = _write_parts(out, facts, pictures.labels, splits, readings.pixels, channels, len(found.classes), progress)
    for temporary in (readings.pixels, readings.thumbs):
        temporary.unlink()
    folds = [_write_fold(out, number, splits) for number in range(len(splits.folds))]
    store.write_lines(out / "items.jsonl", card.item_lines(splits, facts, pictures.labels, pictures.paths, groups.joined))
    store.write_lines(out / "quarantine.jsonl", _set_aside(found, readings, pictures, splits))
    stored = {(h, w) for h, w in zip(facts["stored_height"].tolist(), facts["stored_width"].tolist(), strict=True)}
    dataset = {
        "version": VERSION,
        "name": name,
        "contentHash": content_hash(found, readings, options.groups),
        "classes": found.classes,
        "channels": channels,
        "edge": edge,
        "uniformShape": list(stored.pop()) if len(stored) == 1 else None,
        "scheme": splits.scheme,
        "testOrigin": splits.test_origin,
        "parts": parts,
        "folds": folds,
    }
    store.write_json(out / "card.json", _make_card(dataset, found, readings, pictures, groups, splits))
    store.write_json(out / "dataset.json", dataset)


def _write_parts(
    out: Path,
    facts: np.ndarray,
    labels: np.ndarray,
    splits: Splits,
    pixels: Path,
    channels: int,
    class_count: int,
    progress: Progress,
) -> dict[str, Any]:
    parts = {}
    done = 0
    total = sum(len(rows) for rows in splits.rows.values())
    descriptor = os.open(pixels, os.O_RDONLY)
    try:
        for part, rows in splits.rows.items():
            progress("write", done, total)
            parts[part] = store.write_part(out, part, facts[rows], labels[rows], descriptor, channels, class_count)
            done += len(rows)
    finally:
        os.close(descriptor)
    progress("write", total, total)
    return parts


def _write_fold(out: Path, number: int, splits: Splits) -> dict[str, Any]:
    fold = splits.folds[number]
    digest = store.write_file(out / "dev" / f"{number}.i32", [fold.dev.astype("<i4").tobytes()])
    return {"train": fold.train, "val": fold.val, "dev": digest}


def _set_aside(found: Scan, readings: Readings, pictures: Pictures, splits: Splits) -> Iterator[dict[str, str]]:
    for index, reason in readings.quarantined:
        yield {"path": safe(found.entries[index].path), "reason": reason}
    for image in splits.dropped.tolist():
        yield {"path": pictures.paths[image], "reason": "copy of an image in your test or val, left out of train or val"}


def content_hash(found: Scan, readings: Readings, groups: dict[str, str] | None) -> str:
    """Of every file that entered, with its path, and of the groups option: what the staged dataset depends on."""
    digest = hashlib.sha256()
    for entry, row in zip(found.entries, readings.facts, strict=True):
        digest.update(entry.path.encode("utf-8", "surrogateescape") + b"\0" + bytes(row["sha256"]))
    option = dict(groups or {})
    if "file" in option:
        option["file"] = hashlib.sha256(Path(option["file"]).read_bytes()).hexdigest()
    digest.update(json.dumps(option, sort_keys=True).encode())
    return digest.hexdigest()


def _make_card(
    dataset: dict[str, Any], found: Scan, readings: Readings, pictures: Pictures, groups: Groups, splits: Splits
) -> dict[str, Any]:
    parts = list(dataset["parts"].values())
    counts = np.sum([part["classCounts"] for part in parts], axis=0)
    mean, deviation = card.mean_and_deviation(parts, dataset["channels"])
    duplicates = card.duplicates_of(groups, pictures.labels, splits.dropped)
    group_sizes = np.bincount(groups.joined)
    quarantined = [{"path": safe(found.entries[index].path), "reason": reason} for index, reason in readings.quarantined[:EXAMPLES]]
    return {
        "version": VERSION,
        "name": dataset["name"],
        "imageCount": int(counts.sum()),
        "classes": [{"name": name, "count": int(count)} for name, count in zip(found.classes, counts, strict=True)],
        "perPart": {name: card.part_counts(part) for name, part in dataset["parts"].items()},
        "imbalance": round(float(counts.max() / counts.min()), 2),
        "sizes": card.sizes_of(pictures.facts),
        "storedShape": dataset["uniformShape"],
        "edge": dataset["edge"],
        "channels": dataset["channels"],
        "mean": mean,
        "std": deviation,
        "formats": card.formats_of(pictures.facts),
        "duplicates": duplicates,
        "quarantined": {"count": len(readings.quarantined), "examples": quarantined},
        "stray": {"count": found.stray_count, "examples": found.stray_examples},
        "groups": {"origin": groups.origin, "count": len(group_sizes), "largest": int(group_sizes.max())},
        "scheme": splits.scheme,
        "testOrigin": splits.test_origin,
        "valImages": sum(dataset["parts"][fold.val]["count"] for fold in splits.folds),
        "testImages": dataset["parts"].get("test", {"count": 0})["count"],
        "ownSplits": [SPLIT_NAMES[split] for split in np.unique(found.splits).tolist()],
        "warnings": [
            *found.warnings,
            *card.duplicate_warnings(duplicates, splits),
            *card.class_warnings(found.classes, counts),
            *card.picture_warnings(pictures.facts),
            *groups.warnings,
            *([] if groups.origin == "user" else card.prefix_warning(pictures.paths, found.classes)),
            *splits.warnings,
        ],
    }


def _check_disk(out: Path, byte_count: int) -> None:
    """The temporary store and the parts lie side by side for a while."""
    needed, free = 2 * byte_count + (64 << 20), shutil.disk_usage(out).free
    if needed > free:
        raise refuse(
            f"There is not enough disk space: {needed / 2**30:.1f} GiB needed, {free / 2**30:.1f} GiB free.",
            fix="free some space, or choose a smaller edge",
        )
