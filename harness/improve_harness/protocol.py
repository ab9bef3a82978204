"""The wire format between the host and a Python process. Standard library only.

The host names one job file on the command line. The child writes events, one JSON object a line, to descriptor 3;
what it prints is log text. Without descriptor 3 (a person at a terminal) events go to stdout.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

EVENT_DESCRIPTOR = 3
MAX_EVENT_BYTES = 4 << 20  # the host refuses longer lines


class Failure(Exception):
    """An expected failure: one sentence for the person or the engineer, and what kind it is.

    `kind` is one of: usage, dataset, disk, syntax, contract, exception, out-of-memory, diverged, bad-output, not-independent.
    """

    def __init__(self, kind: str, message: str, *, stage: str = "", evidence: list[str] | None = None, fix: str | None = None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.stage = stage
        self.evidence = evidence or []
        self.fix = fix


def load_job(path: str) -> dict[str, Any]:
    """Read the job file: one JSON object."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def open_events() -> None:
    """Move the event stream off descriptor 3, so that children of this process do not inherit it."""
    global _stream
    try:
        os.fstat(EVENT_DESCRIPTOR)
    except OSError:
        _stream = sys.stdout
        return
    private = os.dup(EVENT_DESCRIPTOR)
    os.set_inheritable(private, False)
    os.close(EVENT_DESCRIPTOR)
    _stream = os.fdopen(private, "w", encoding="utf-8", buffering=1)


_stream: Any = None


def emit(type_: str, **fields: Any) -> None:
    """Write one event. Non-finite numbers become null, since JSON has none."""
    line = json.dumps({"type": type_, **{k: _finite(v) for k, v in fields.items()}}, ensure_ascii=False, allow_nan=False)
    stream = _stream or sys.stdout
    stream.write(line + "\n")
    stream.flush()


def emit_failure(failure: Failure) -> None:
    emit("failed", stage=failure.stage, kind=failure.kind, message=failure.message, evidence=failure.evidence, fix=failure.fix)


def ask(question: str, **fields: Any) -> dict[str, Any]:
    """Emit an event that the host answers with one JSON line on stdin."""
    emit(question, **fields)
    line = sys.stdin.readline()
    if not line:
        exit_quietly()
    return json.loads(line)


def wait_for_job() -> None:
    """Says that everything is imported and returns when the host has written the job: it then sends a line."""
    emit("process.warm")
    if not sys.stdin.readline():
        exit_quietly()


def read_frames(count: int) -> Iterator[bytes]:
    """The `count` byte strings that the host writes to stdin, one after another: 4 bytes of length, little-endian, then the content."""
    stream = sys.stdin.buffer
    for _ in range(count):
        length = int.from_bytes(_exactly(stream, 4), "little")
        yield _exactly(stream, length)


def _exactly(stream: Any, length: int) -> bytes:
    content = stream.read(length)
    if len(content) != length:
        exit_quietly()
    return content


def exit_quietly() -> NoReturn:
    """The host is gone: nobody is left to tell."""
    os._exit(1)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return value
