"""Progress events, at most five a second."""

from __future__ import annotations

import time

from .. import protocol

MIN_SECONDS_BETWEEN = 0.2


class Progress:
    """Emits `prepare.progress`; the first and the last event of a phase are always sent."""

    def __init__(self) -> None:
        self._phase = ""
        self._sent_at = 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = time.monotonic()
        if phase == self._phase and done < total and now - self._sent_at < MIN_SECONDS_BETWEEN:
            return
        self._phase, self._sent_at = phase, now
        protocol.emit("prepare.progress", phase=phase, done=done, total=total)
