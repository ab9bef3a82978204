"""The options of a prepare job, checked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from .names import refuse

EDGES = (96, 128, 160, 192, 224, 256, 320, 384)
MAX_EDGE = EDGES[-1]
COMMON_EDGE = 256  # above it only small collections: input sizes of pipelines rarely need more, and reading takes longer
ROOMY_SHARE = 8  # a store above COMMON_EDGE may take one part in so many of the limit
SCHEMES = (None, "fixed", "rotating", "pooled")


@dataclass(frozen=True)
class Options:
    """`edge`: stored short side in pixels, None chooses. `groups`: None, {"pattern": regex} or {"file": csv path}.

    `store_byte_limit`: what all stored pixels may take together; the host derives it from the machine.
    """

    edge: int | None = None
    store_byte_limit: int = 16 << 30
    groups: dict[str, str] | None = None
    workers: int = 1
    quarantine_share: float = 0.05
    scheme: str | None = None


def parse_options(given: dict[str, Any]) -> Options:
    """Raises Failure(usage) on a value that no dataset could fit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    options = Options(
        edge=given.get("edge"),
        store_byte_limit=given.get("storeByteLimit") or 16 << 30,
        groups=given.get("groups"),
        workers=max(1, given.get("workers") or cores),
        quarantine_share=given.get("quarantineShare", 0.05),
        scheme=given.get("scheme"),
    )
    if options.edge is not None and not 8 <= options.edge <= MAX_EDGE:
        raise refuse(f"The stored short side must be 8 to {MAX_EDGE} pixels, not {options.edge}.", kind="usage")
    if options.scheme not in SCHEMES:
        raise refuse(f"There is no split scheme {options.scheme!r}.", fix="choose fixed, rotating or pooled", kind="usage")
    return options
