"""Reads what pipeline code left in its output folder. Such a folder is hostile input.

The name may be a symbolic link to the labels, a pipe that blocks for ever, a hard link that changes later, or a sparse file of
terabytes. So: open without following links and without blocking, look at what was opened, and read only when it is a regular
file with one link and exactly the size that the counts demand. The format is flat float32, so there is nothing to parse.

Not covered: a sparse file of the right size. It reads as zeros, which is a bad prediction and no danger.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .protocol import Failure

STAGE = "predict"


def read_logits(path: Path, rows: int, class_count: int) -> NDArray[np.float32]:
    """Little-endian float32 [rows, class_count], all finite."""
    meaning = f"{rows:,} images x {class_count:,} classes x 4"
    logits = np.frombuffer(read_exact(path, rows * class_count * 4, meaning), dtype="<f4").reshape(rows, class_count)
    broken = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if broken.size:
        raise bad_output(
            f"{path.name} has NaN or infinity in {broken.size:,} of {rows:,} rows (first: row {broken[0]})",
            "keep the logits finite: no division by zero, no log of zero, no weights that have diverged",
        )
    return logits


def read_exact(path: Path, byte_count: int, meaning: str = "") -> bytes:
    """The whole content of a regular file with one link and exactly `byte_count` bytes; else a `bad-output` failure.

    `meaning` explains the size in the message, e.g. "100 images x 10 classes x 4".
    """
    descriptor = _open(Path(path))
    try:
        _check(Path(path).name, os.fstat(descriptor), byte_count, meaning)
        content = _read(descriptor, byte_count)
    finally:
        os.close(descriptor)
    if len(content) != byte_count:
        raise bad_output(f"{Path(path).name} shrank to {len(content):,} bytes while it was read, expected {byte_count:,}")
    return content


def bad_output(message: str, fix: str | None = None) -> Failure:
    return Failure("bad-output", message, stage=STAGE, fix=fix)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise bad_output(f"{path.name} is missing: the prediction wrote no output") from None
    except OSError as error:
        if path.is_symlink():
            raise bad_output(f"{path.name} is a symbolic link, expected a regular file") from None
        raise bad_output(f"{path.name} cannot be opened: {error.strerror}, expected a regular file") from None


def _check(name: str, status: os.stat_result, byte_count: int, meaning: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise bad_output(f"{name} is {_kind(status.st_mode)}, expected a regular file")
    if status.st_nlink != 1:
        raise bad_output(f"{name} has {status.st_nlink} names (hard links), expected a file of its own")
    if status.st_size != byte_count:
        raise bad_output(f"{name} has {status.st_size:,} bytes, expected {byte_count:,}{f' ({meaning})' if meaning else ''}")


def _kind(mode: int) -> str:
    for test, name in ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket")):
        if test(mode):
            return name
    return "a device"


def _read(descriptor: int, byte_count: int) -> bytes:
    """At most `byte_count` bytes, in as many reads as the kernel wants."""
    chunks = []
    missing = byte_count
    while missing > 0:
        chunk = os.read(descriptor, min(missing, 1 << 24))
        if not chunk:
            break
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)
