"""Tells in the log where a process stands when it is about to be stopped for taking too long. Standard library only."""

from __future__ import annotations

import faulthandler

SHARE = 0.9  # of the time until the deadline; the host stops the process at its end


def trace_before(deadline_seconds: float | None) -> None:
    """Writes the stack of every thread to the log shortly before the deadline; replaces an earlier deadline, None takes it back."""
    if deadline_seconds is None:
        faulthandler.cancel_dump_traceback_later()
    else:
        faulthandler.dump_traceback_later(max(0.1, SHARE * deadline_seconds))
