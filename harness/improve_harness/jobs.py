"""Typed views of what the host wrote into a job."""

from __future__ import annotations

from typing import Any

from .contract import Info


def info_of(job: dict[str, Any], input_size: tuple[int, int]) -> Info:
    """`input_size` is the IMAGE_SIZE of the pipeline that the info is for."""
    info, machine = job["info"], job["machine"]
    return Info(
        classes=tuple(info["classes"]),
        channels=info["channels"],
        uniform_shape=tuple(info["uniformShape"]) if info["uniformShape"] else None,
        typical_shape=tuple(info["typicalShape"]),
        input_size=input_size,
        mean=tuple(info["mean"]),
        std=tuple(info["std"]),
        class_counts=tuple(info["classCounts"]),
        train_count=info["trainCount"],
        train_seconds=info["trainSeconds"],
        reference_speed=info["referenceSpeed"],
        device=machine["device"],
    )
