"""The training process. The static check comes first and without importing torch, so that a syntax error costs a tenth of a second."""

from __future__ import annotations

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
