"""The dataset card: facts and warnings in plain words."""

from __future__ import annotations

from typing import Any

import numpy as np

from .decode import FORMATS
from .groups import Groups
from .names import first_few, plural
from .prefixes import propose_pattern
from .splits import Splits

MAX_IMBALANCE = 5
FEW_IMAGES = 10  # in a class
TINY_DATASET = 200
UNIFORM_DEVIATION = 2.0  # grey levels of 255
MIXED_SIZES, MIXED_ASPECTS = 4, 2  # largest over smallest


def duplicates_of(groups: Groups, labels: np.ndarray, dropped: np.ndarray) -> dict[str, int]:
    sizes = np.bincount(groups.identical)
    pairs = np.unique(np.stack([groups.identical, labels], axis=1), axis=0)
    return {
        "identicalGroups": int((sizes > 1).sum()),
        "identicalImages": int(sizes[sizes > 1].sum()),
        "nearGroups": groups.near_group_count,
        "nearImages": groups.near_image_count,
        "conflictingLabels": int((np.bincount(pairs[:, 0]) > 1).sum()),
        "droppedFromTrain": len(dropped),
    }


def sizes_of(facts: np.ndarray) -> dict[str, Any]:
    width, height = facts["width"], facts["height"]
    aspect = width / height
    return {
        "width": {"min": int(width.min()), "median": float(np.median(width)), "max": int(width.max())},
        "height": {"min": int(height.min()), "median": float(np.median(height)), "max": int(height.max())},
        "aspect": {"min": round(float(aspect.min()), 4), "max": round(float(aspect.max()), 4)},
    }


def part_counts(part: dict[str, Any]) -> dict[str, int]:
    return {"count": part["count"], "minPerClass": min(part["classCounts"]), "maxPerClass": max(part["classCounts"])}


def mean_and_deviation(parts: list[dict[str, Any]], channels: int) -> tuple[list[float], list[float]]:
    """Per channel over all parts, of values 0..1."""
    pixel_count = sum(part["pixelCount"] for part in parts)
    mean = [sum(part["channelSums"][c] for part in parts) / pixel_count for c in range(channels)]
    square = [sum(part["channelSquareSums"][c] for part in parts) / pixel_count for c in range(channels)]
    return mean, [max(0.0, s - m * m) ** 0.5 for s, m in zip(square, mean, strict=True)]


def formats_of(facts: np.ndarray) -> dict[str, int]:
    counts = np.bincount(facts["format"], minlength=len(FORMATS))
    return {name: int(count) for name, count in zip(FORMATS, counts, strict=True) if count}


def class_warnings(classes: list[str], counts: np.ndarray) -> list[str]:
    warnings = []
    smallest, largest = int(counts.argmin()), int(counts.argmax())
    if counts[largest] > MAX_IMBALANCE * counts[smallest]:
        ratio = counts[largest] / counts[smallest]
        warnings.append(
            f"The classes are uneven: {first_few([classes[largest]])} has {counts[largest]:,} images, "
            f"{first_few([classes[smallest]])} has {counts[smallest]:,} ({ratio:.0f} times fewer)."
        )
    few = [f"{name} ({count})" for name, count in zip(classes, counts.tolist(), strict=True) if count < FEW_IMAGES]
    if few:
        verb = "has" if len(few) == 1 else "have"
        warnings.append(f"{plural(len(few), 'class', 'classes')} {verb} fewer than {FEW_IMAGES} images: {first_few(few)}.")
    if counts.sum() < TINY_DATASET:
        warnings.append(f"Only {counts.sum():,} images in all: the accuracy will be uncertain by many points.")
    return warnings


def picture_warnings(facts: np.ndarray) -> list[str]:
    warnings = []
    short, long = np.minimum(facts["width"], facts["height"]), np.maximum(facts["width"], facts["height"])
    if short.max() >= MIXED_SIZES * short.min():
        warnings.append(f"The images differ much in size: short sides of {short.min():,} to {short.max():,} pixels.")
    if (facts["width"] / facts["height"]).max() >= MIXED_ASPECTS * (facts["width"] / facts["height"]).min():
        warnings.append(f"The images differ much in shape: the longest is {float((long / short).max()):.1f} times as long as wide.")
    lines = int((short == 1).sum())
    if lines:
        warnings.append(f"{plural(lines, 'image')} only 1 pixel wide or high.")
    uniform = int((deviation(facts) < UNIFORM_DEVIATION).sum())
    if uniform:
        warnings.append(f"{plural(uniform, 'image')} of nearly one colour, with nothing to see.")
    return warnings


def deviation(facts: np.ndarray) -> np.ndarray:
    """[n] largest standard deviation of the stored channels, in grey levels."""
    areas = (facts["stored_height"].astype(np.int64) * facts["stored_width"])[:, None]
    mean = facts["sums"] / areas
    return np.sqrt(np.maximum(0, facts["square_sums"] / areas - mean * mean)).max(axis=1)


def duplicate_warnings(duplicates: dict[str, int], splits: Splits) -> list[str]:
    warnings = []
    if duplicates["conflictingLabels"]:
        count = duplicates["conflictingLabels"]
        verb = "lies" if count == 1 else "lie"
        warnings.append(f"{plural(count, 'picture')} {verb} in more than one class with identical pixels: a label is wrong.")
    if duplicates["droppedFromTrain"]:
        warnings.append(f"{plural(len(splits.dropped), 'image')} left out of train or val: copies of images in your test or val.")
    return warnings


def quarantine_warning(quarantined: list[dict[str, str]], count: int) -> list[str]:
    """`quarantined` holds the first few."""
    if not count:
        return []
    paths = first_few([item["path"] for item in quarantined], count, 3)
    return [f"{plural(count, 'image')} could not be read and {'is' if count == 1 else 'are'} not used: {paths}."]


def prefix_warning(paths: list[str], classes: list[str]) -> list[str]:
    proposal = propose_pattern(paths, set(classes))
    if proposal is None:
        return []
    pattern, count = proposal
    meaning = "If a prefix is one patient, object or burst, keep it together"
    return [f"File names share {count:,} prefixes. {meaning}: --groups '{pattern}'"]
