"""Measures which threads, precision and memory layout train fastest on this machine, with a small reference net.

The rates differ by up to three times between variants and machines, so they are measured, never assumed: bfloat16 with channels-last
is 1.8 to 2.9 times float32 on a CPU with bfloat16 instructions, and slower than float32 on one without.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import protocol
from .device import Machine, seed_everything, time_call

BATCH = 128
ROUNDS = 5  # each variant is timed once a round, so that a busy neighbour hits all of them alike
SECONDS = 4.0  # no new round is begun after this
MARGIN = 1.05  # the plain variant (float32, contiguous) is left only for one that is this much faster
FEWER_THREADS_MARGIN = 1.25  # all cores are left idle in part only for a gain that a passing neighbour does not explain


@dataclass(frozen=True)
class Variant:
    threads: int
    dtype: torch.dtype
    channels_last: bool


def run(job: dict[str, Any]) -> None:
    """Job: {"threads": cores to use at most, "device": "cpu"|"cuda"|"mps"}. Emits machine.measured; rates in images per second."""
    device, threads = job.get("device", "cpu"), job["threads"]
    rates = measure(device, threads)
    best = choose(rates)
    protocol.emit(
        "machine.measured",
        device=device,
        threads=best.threads,
        dtype=_name(best.dtype),
        channelsLast=best.channels_last,
        referenceSpeed=rates[best],
        rates=[
            {"threads": v.threads, "dtype": _name(v.dtype), "channelsLast": v.channels_last, "imagesPerSecond": rate}
            for v, rate in rates.items()
        ],
        torchVersion=torch.__version__,
    )


def measure(device: str, threads: int) -> dict[Variant, float]:
    """Images per second of each variant: the best of some rounds, since neighbours only ever slow a step down."""
    counts = [threads] if device != "cpu" or threads == 1 else [threads, max(1, threads // 2)]
    dtypes = [torch.float32, torch.bfloat16] if device != "mps" else [torch.float32, torch.float16]
    variants = [Variant(*v) for v in itertools.product(counts, dtypes, (False, True))]
    seed_everything(0)
    steps = {variant: _make_step(variant, device) for variant in variants}
    fastest = dict.fromkeys(variants, float("inf"))
    started = time.perf_counter()
    for index in range(ROUNDS + 1):
        for variant, step in steps.items():
            torch.set_num_threads(variant.threads)
            seconds = time_call(step, device)
            if index:  # the first round warms up
                fastest[variant] = min(fastest[variant], seconds)
        if index and time.perf_counter() - started > SECONDS:
            break
    return {variant: BATCH / seconds for variant, seconds in fastest.items()}


def choose(rates: dict[Variant, float]) -> Variant:
    """The fastest variant on all threads, unless fewer threads are clearly faster; the plain one where nothing is gained by another."""
    most = max(variant.threads for variant in rates)
    best = _fastest(rates, most)
    fewer = max((_fastest(rates, v.threads) for v in rates if v.threads < most), key=lambda v: rates[v], default=best)
    if rates[fewer] > FEWER_THREADS_MARGIN * rates[best]:
        best = fewer
    plain = Variant(best.threads, torch.float32, False)
    return best if rates[best] > MARGIN * rates[plain] else plain


def _fastest(rates: dict[Variant, float], threads: int) -> Variant:
    return max((v for v in rates if v.threads == threads), key=lambda v: rates[v])


class ReferenceNet(nn.Module):
    """The shape of the small-image speed records, narrow: 0.12 M parameters, 14.7 M multiply-adds a 28 x 28 grey picture."""

    def __init__(self, width: int = 32, classes: int = 10):
        super().__init__()
        widths = [width, width * 3 // 2, width * 2]
        layers: list[nn.Module] = [nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.GELU()]
        before = width
        for after in widths:
            layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(after), nn.GELU()]
            layers += [nn.Conv2d(after, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.GELU()]
            before = after
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(before, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.body(images).amax(dim=(2, 3)))


def _make_step(variant: Variant, device: str):
    machine = Machine(device, variant.threads, variant.dtype, variant.channels_last)
    model = machine.place_model(ReferenceNet().train())
    images = machine.place_images(torch.randn(BATCH, 1, 28, 28))
    targets = torch.randint(0, 10, (BATCH,), device=device)

    def step() -> None:
        for parameter in model.parameters():
            parameter.grad = None
        with machine.autocast():
            logits = model(images)
        F.cross_entropy(logits.float(), targets).backward()
        with torch.no_grad():  # plain descent: building an optimizer would import the compiler for most of a second
            for parameter in model.parameters():
                if parameter.grad is not None:
                    parameter.sub_(parameter.grad, alpha=0.01)

    return step


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
