"""The classification process: bytes of pictures in, logits out. Decodes untrusted files and runs pipeline code; knows no file name.

The host sends the files over stdin, so that no folder of the user's is mounted. They are decoded in worker processes, which a
decoder may crash without ending the rest. What is in memory at a time does not grow with the number of pictures.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .classifier import BATCH, Classifier
from .pipeline import guard
from .prepare.workers import Crashed, map_in_workers
from .protocol import emit, read_frames
from .stored_picture import Stored, read_picture

CHUNK_FILES = 32  # files that one worker gets at once, at most
CHUNK_BYTES = 8 << 20  # of file content in one such chunk, unless a single file is larger
BATCH_BYTES = 64 << 20  # of pixels held until they are predicted, unless a single picture is larger
REPORT_SECONDS = 0.5  # between two reports of progress
MAX_REASONS = 100_000  # sentences on the event channel, whose length is limited; further pictures are refused without one


@guard("predict")
def run(job: dict[str, Any]) -> None:
    """Job and events: docs/architecture.md, row `classify`."""
    paths = job["paths"]
    classifier = Classifier(job, Path(paths["code"]), Path(paths["weights"]), job["info"]["classes"])
    emit("process.ready")
    with (Path(paths["out"]) / "logits.f32").open("wb") as file:
        greyed, squashed = classify(classifier, read_frames(job["count"]), job, file)
    emit("classify.finished", greyed=greyed, squashed=squashed)


def classify(classifier: Classifier, files: Iterator[bytes], job: dict[str, Any], out: BinaryIO) -> tuple[int, int]:
    """Writes float32 [n, classes], NaN where a picture cannot be read; returns how many pictures lost their colour, their shape."""
    writer = Writer(classifier, out)
    read = map_in_workers(partial(read_picture, form=classifier.form), _chunks(files), job["machine"]["threads"], lambda: None)
    told_at, greyed, squashed, reasons = time.perf_counter(), 0, 0, 0
    for row, result in enumerate(read):
        if isinstance(result, Stored):
            writer.add(result.pixels)
            greyed, squashed = greyed + result.is_greyed, squashed + result.is_squashed
        else:
            writer.add(None)
            reasons += 1
            if reasons <= MAX_REASONS:
                emit("classify.refused", row=row, reason="the decoder crashed on it" if isinstance(result, Crashed) else result)
        if time.perf_counter() - told_at >= REPORT_SECONDS:
            told_at = time.perf_counter()
            emit("classify.progress", done=row + 1)
    writer.flush()
    return greyed, squashed


class Writer:
    """Collects pictures, predicts them a batch at a time, and writes their logits in the order in which they came."""

    def __init__(self, classifier: Classifier, out: BinaryIO):
        self._classifier, self._out = classifier, out
        self._held: list[np.ndarray | None] = []
        self._bytes = 0

    def add(self, picture: np.ndarray | None) -> None:
        """None stands for a picture that cannot be read."""
        self._held.append(picture)
        self._bytes += 0 if picture is None else picture.nbytes
        if len(self._held) == BATCH or self._bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        logits = np.full((len(self._held), len(self._classifier.classes)), np.nan, dtype="<f4")
        read = [index for index, picture in enumerate(self._held) if picture is not None]
        if read:
            logits[read] = self._classifier.logits([picture for picture in self._held if picture is not None]).numpy()
        self._out.write(logits.tobytes())
        self._held, self._bytes = [], 0


def _chunks(files: Iterator[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    held = 0
    for data in files:
        chunk.append(data)
        held += len(data)
        if len(chunk) == CHUNK_FILES or held >= CHUNK_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk
