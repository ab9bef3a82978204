"""What the host decided about this process: device, threads, precision, memory layout; and seeding."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .protocol import Failure


@dataclass(frozen=True)
class Machine:
    device: str
    threads: int
    dtype: torch.dtype
    channels_last: bool

    @staticmethod
    def of(job: dict[str, Any]) -> Machine:
        """From the job's `machine`; a promised device that is not there is an error, never replaced by the CPU."""
        machine = job["machine"]
        device = machine["device"]
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise Failure("device", f"the job promises {device}, this process sees no CUDA device", stage="start")
        if device == "mps" and not torch.backends.mps.is_available():
            raise Failure("device", "the job promises mps, this process sees no such device", stage="start")
        torch.set_num_threads(machine["threads"])
        return Machine(device, machine["threads"], getattr(torch, machine["dtype"]), machine["channelsLast"])

    def autocast(self) -> Any:
        """Forward passes run in `dtype`; weights, losses and normalisation statistics stay float32."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.split(":")[0], dtype=self.dtype)

    def place_model(self, model: nn.Module) -> nn.Module:
        model = model.to(self.device)
        if self.channels_last:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return model

    def place_images(self, images: Tensor) -> Tensor:
        images = images.to(self.device, non_blocking=True)
        return images.contiguous(memory_format=torch.channels_last) if self.channels_last else images


def seed_everything(seed: int) -> None:
    """Python, numpy and torch; cuDNN is told to be deterministic."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def peak_memory_bytes() -> int:
    """Largest resident set of this process so far."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def synchronize(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()


def time_call(call: Callable[[], object], device: str) -> float:
    """Seconds of one call, the device's queue drained before and after."""
    synchronize(device)
    start = time.perf_counter()
    call()
    synchronize(device)
    return time.perf_counter() - start
