"""Writes what prepare found out: parts, labels, dev rows, the host's lists, the card, and dataset.json last."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import card, store
from .groups import Groups
from .layout import SPLIT_NAMES
from .names import safe
from .progress import Progress
from .read import Readings
from .scan import Scan
from .splits import Splits

VERSION = 2
CARD_VERSION = 1
EXAMPLES = 10


@dataclass
class Pictures:
    """The images that were read, in path order: what groups, splits and the card are made of."""

    facts: np.ndarray
    labels: np.ndarray
    given: np.ndarray
    paths: list[str]
    thumbs: np.ndarray


@dataclass
class Staging:
    """All that is known once the splits are made."""

    name: str
    edge: int
    found: Scan
    readings: Readings
    pictures: Pictures
    groups: Groups
    splits: Splits
    groups_option: dict[str, str] | None

    @property
    def channels(self) -> int:
        """1 only when every picture is grey."""
        return 3 if (self.pictures.facts["channels"] == 3).any() else 1


def write_dataset(out: Path, staging: Staging, progress: Progress) -> None:
    """`out` then holds the staged dataset; the temporary store is gone."""
    parts = _write_parts(out, staging, progress)
    for temporary in (staging.readings.pixels, staging.readings.thumbs):
        temporary.unlink()
    folds = [_write_fold(out, number, staging.splits) for number in range(len(staging.splits.folds))]
    sha256 = {
        "items": store.write_lines(out / "items.jsonl", _items(staging)),
        "quarantine": store.write_lines(out / "quarantine.jsonl", _set_aside(staging)),
    }
    dataset = {
        "version": VERSION,
        "name": staging.name,
        "contentHash": content_hash(staging.found, staging.readings, staging.groups_option),
        "classes": staging.found.classes,
        "channels": staging.channels,
        "edge": staging.edge,
        "uniformShape": _uniform_shape(staging.pictures.facts),
        "scheme": staging.splits.scheme,
        "testOrigin": staging.splits.test_origin,
        "tornGroups": staging.splits.torn_group_count,
        "parts": parts,
        "folds": folds,
    }
    sha256["card"] = store.write_json(out / "card.json", _make_card(dataset, staging))
    store.write_json(out / "dataset.json", {**dataset, "sha256": sha256})


def _write_parts(out: Path, staging: Staging, progress: Progress) -> dict[str, Any]:
    pictures, class_count = staging.pictures, len(staging.found.classes)
    parts = {}
    done = 0
    total = sum(len(rows) for rows in staging.splits.rows.values())
    pixels = os.open(staging.readings.pixels, os.O_RDONLY)
    try:
        for part, rows in staging.splits.rows.items():
            progress("write", done, total)
            parts[part] = store.write_part(
                out, part, pictures.facts[rows], pictures.labels[rows], pixels, staging.channels, class_count
            )
            done += len(rows)
    finally:
        os.close(pixels)
    progress("write", total, total)
    return parts


def _write_fold(out: Path, number: int, splits: Splits) -> dict[str, Any]:
    fold = splits.folds[number]
    digest = store.write_file(out / "dev" / f"{number}.i32", [fold.dev.astype("<i4").tobytes()])
    return {"train": fold.train, "val": fold.val, "dev": digest}


def _uniform_shape(facts: np.ndarray) -> list[int] | None:
    """[height, width] when all stored pictures share it."""
    height, width = facts["stored_height"], facts["stored_width"]
    return [int(height[0]), int(width[0])] if (height == height[0]).all() and (width == width[0]).all() else None


def _items(staging: Staging) -> Iterator[dict[str, Any]]:
    """Lines of items.jsonl, part by part in row order. Both kinds of groups are numbered by first appearance.

    `copyGroup` joins identical pixels and near copies; `group` joins copies and the user's groups.
    """
    pictures, groups, copies = staging.pictures, staging.groups.joined, staging.groups.automatic
    number: dict[int, int] = {}
    copy_number: dict[int, int] = {}
    for part, rows in staging.splits.rows.items():
        for row, image in enumerate(rows.tolist()):
            fact = pictures.facts[image]
            yield {
                "part": part,
                "row": row,
                "path": pictures.paths[image],
                "sha256": bytes(fact["sha256"]).hex(),
                "pixelHash": bytes(fact["pixel_hash"]).hex(),
                "label": int(pictures.labels[image]),
                "group": number.setdefault(int(groups[image]), len(number)),
                "copyGroup": copy_number.setdefault(int(copies[image]), len(copy_number)),
                "width": int(fact["width"]),
                "height": int(fact["height"]),
            }


def _set_aside(staging: Staging) -> Iterator[dict[str, str]]:
    for index, reason in staging.readings.quarantined:
        yield {"path": safe(staging.found.entries[index].path), "reason": reason}
    for image in staging.splits.dropped.tolist():
        reason = "copy of an image in your test or val, left out of train or val"
        yield {"path": staging.pictures.paths[image], "reason": reason}


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


def _make_card(dataset: dict[str, Any], staging: Staging) -> dict[str, Any]:
    found, readings, pictures = staging.found, staging.readings, staging.pictures
    groups, splits = staging.groups, staging.splits
    parts = list(dataset["parts"].values())
    counts = np.sum([part["classCounts"] for part in parts], axis=0)
    mean, deviation = card.mean_and_deviation(parts, dataset["channels"])
    duplicates = card.duplicates_of(groups, pictures.labels, splits.dropped)
    group_sizes = np.bincount(groups.joined)
    quarantined = [{"path": safe(found.entries[index].path), "reason": reason} for index, reason in readings.quarantined[:EXAMPLES]]
    return {
        "version": CARD_VERSION,
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
        "warnings": _warnings(staging, duplicates, counts, quarantined),
    }


def _warnings(staging: Staging, duplicates: dict[str, int], counts: np.ndarray, quarantined: list[dict[str, str]]) -> list[str]:
    classes = staging.found.classes
    return [
        *staging.found.warnings,
        *card.quarantine_warning(quarantined, len(staging.readings.quarantined)),
        *card.duplicate_warnings(duplicates, staging.splits),
        *card.class_warnings(classes, counts),
        *card.picture_warnings(staging.pictures.facts),
        *staging.groups.warnings,
        *([] if staging.groups.origin == "user" else card.prefix_warning(staging.pictures.paths, classes)),
        *staging.splits.warnings,
    ]
