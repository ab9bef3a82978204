"""Turns a folder or zip of labelled images into a staged dataset. Trusted code on untrusted files.

`run` is the whole story; docs/architecture.md says what the files mean.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .. import protocol
from .fingerprint import THUMB
from .groups import find_groups, user_groups
from .layout import TRAIN
from .names import refuse, safe
from .options import parse_options
from .progress import Progress
from .read import Readings, check_quarantine, choose_edge, measure, read_all, stored_bytes
from .scan import Scan, check_two_images, scan
from .source import open_source
from .splits import Splits, make_splits
from .staging import Pictures, Staging, write_dataset


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
    write_dataset(out, Staging(job["name"], edge, found, readings, pictures, groups, splits, options.groups), progress)
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


def _check_disk(out: Path, byte_count: int) -> None:
    """The temporary store and the parts lie side by side for a while."""
    needed, free = 2 * byte_count + (64 << 20), shutil.disk_usage(out).free
    if needed > free:
        raise refuse(
            f"The disk of the cache folder is too full: {needed / 1e6:,.0f} MB needed, {free / 1e6:,.0f} MB free.",
            fix="free some space, or name a folder on a larger disk: export IMPROVE_CACHE=/some/absolute/folder",
            kind="disk",
        )
