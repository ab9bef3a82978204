"""The training process. The static check comes first and without importing torch, so that a syntax error costs a tenth of a second."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from .check import check_pipeline
from .protocol import emit


def run(job: dict[str, Any]) -> None:
    """Job and events: docs/architecture.md, row `train`."""
    check_pipeline(Path(job["paths"]["code"]))
    emit("check.passed")
    from . import trainer  # imports torch

    trainer.run(job)


def warm_up() -> None:
    """Imports what a training needs, torch's optimizers included: those import a second's worth of modules when the first is made."""
    for name in ("safetensors.torch", "improve_harness.trainer"):
        importlib.import_module(name)
    import torch

    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1).zero_grad()
