"""File names that share a prefix ("patient12_003.png") often come from one patient, deck or burst: notice and propose."""

from __future__ import annotations

import re
from collections import Counter

SEPARATED = r"([^/]+)[ _-][^/]*$"
NUMBERED = r"([^/]*[^/\d])\d+\.[^./]+$"
MIN_GROUPED_SHARE = 0.6  # of the images are in a prefix with at least one other
MAX_LARGEST_SHARE = 0.2  # a prefix of more images than this is a naming habit, no group


def propose_pattern(paths: list[str], class_names: set[str]) -> tuple[str, int] | None:
    """A regular expression for `--groups` and the number of groups it makes, or None."""
    for pattern in (SEPARATED, NUMBERED):
        found = [match.group(1) if (match := re.search(pattern, path)) else "" for path in paths]
        counts = Counter(found)
        counts.pop("", None)
        if _is_grouping(counts, len(paths), class_names):
            return pattern, len(counts)
    return None


def _is_grouping(counts: Counter[str], image_count: int, class_names: set[str]) -> bool:
    named_as_class = {name.casefold() for name in class_names}
    useful = {prefix: n for prefix, n in counts.items() if prefix.casefold() not in named_as_class}
    grouped = sum(n for n in useful.values() if n >= 2)
    return (
        len(useful) > len(class_names)
        and grouped >= MIN_GROUPED_SHARE * image_count
        and max(useful.values()) <= max(2, MAX_LARGEST_SHARE * image_count)
    )
