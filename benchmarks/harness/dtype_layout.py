"""Training speed of the settings that the harness chose against float32 in the usual memory layout, at the same number of threads.

The choice comes from an earlier measurement (`machine` of the job), so that luck in choosing does not count as speed.
"""

from __future__ import annotations

from typing import Any

import torch

from improve_harness.machine import Variant
from improve_harness.machine import measure as measure_variants


def measure(job: dict[str, Any]) -> dict[str, Any]:
    """Job: `machine` (threads, dtype, channelsLast, device), `threads` (of the measurement), `repeats`. Rates in images per second."""
    chosen, device = job["machine"], job["machine"]["device"]
    variant = Variant(chosen["threads"], getattr(torch, chosen["dtype"]), chosen["channelsLast"])
    plain = Variant(chosen["threads"], torch.float32, False)
    rates = (measure_variants(device, job["threads"]) for _ in range(job["repeats"]))
    return {"imagesPerSecond": [{"chosen": rate[variant], "plain": rate[plain]} for rate in rates]}
