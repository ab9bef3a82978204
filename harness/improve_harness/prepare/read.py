"""Two passes over the files: headers, to choose the stored size; then pixels, into the temporary store."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .decode import MAX_FILE_BYTES, Picture, Refused, decode, read_header, reason_of, stored_size
from .fingerprint import THUMB
from .names import plural, refuse, safe
from .options import COMMON_EDGE, EDGES, ROOMY_SHARE, Options
from .progress import Progress
from .source import Entry, Source
from .workers import Crashed, map_in_workers

NATIVE_EDGE = 64  # datasets whose median short side is at most this keep their native size
HEADER_CHUNK = 256
CHUNK = 64
CHUNK_BYTES = 8 << 20  # stored bytes of one chunk, what travels between processes at once

FACTS = np.dtype(
    [
        ("sha256", "V32"),
        ("pixel_hash", "V32"),
        ("difference_hash", "u8"),
        ("width", "i4"),
        ("height", "i4"),
        ("format", "u1"),
        ("channels", "u1"),
        ("stored_height", "i4"),
        ("stored_width", "i4"),
        ("offset", "i8"),
        ("sums", "i8", (3,)),
        ("square_sums", "i8", (3,)),
        ("is_read", "?"),
    ]
)


@dataclass
class Readings:
    """`facts` [n] in scan order; rows of quarantined files have is_read False. `pixels` and `thumbs` are temporary files."""

    facts: np.ndarray
    quarantined: list[tuple[int, str]]
    pixels: Path
    thumbs: Path


def measure(source: Source, entries: list[Entry], workers: int, progress: Progress) -> np.ndarray:
    """[n, 3] width, height, channels from the headers; zeros where there is no readable header."""
    sizes = np.zeros((len(entries), 3), dtype=np.int64)

    def header(index: int) -> tuple[int, int, int]:
        try:
            with source.open(entries[index]) as file:
                return read_header(file)
        except Exception:  # the second pass meets the same error and names it
            return 0, 0, 0

    chunks = (list(range(i, min(i + HEADER_CHUNK, len(entries)))) for i in range(0, len(entries), HEADER_CHUNK))
    for index, size in enumerate(map_in_workers(header, chunks, workers, source.reopen)):
        if not isinstance(size, Crashed):
            sizes[index] = size
        progress("scan", index + 1, len(entries))
    return sizes


def choose_edge(sizes: np.ndarray, options: Options) -> int:
    """The stored short side in pixels; NATIVE_EDGE means that nearly all pictures keep their size.

    Else the largest of EDGES that the median picture has and whose store fits: into the limit, above COMMON_EDGE into a
    ROOMY_SHARE of it.
    """
    if options.edge is not None:
        return options.edge
    known = sizes[sizes[:, 0] > 0]
    if not len(known):
        return EDGES[0]
    median = float(np.median(known[:, :2].min(axis=1)))
    if median <= NATIVE_EDGE:
        return NATIVE_EDGE
    limit = options.store_byte_limit
    limits = {edge: limit if edge <= COMMON_EDGE else limit // ROOMY_SHARE for edge in EDGES if edge <= median}
    fitting = [edge for edge, bytes_allowed in limits.items() if stored_bytes(known, edge) <= bytes_allowed]
    return max(fitting, default=EDGES[0])


def stored_bytes(sizes: np.ndarray, edge: int) -> int:
    """Size of the pixel store at this edge."""
    return int(stored_areas(sizes, edge).sum()) * int(sizes[:, 2].max(initial=1))


def stored_areas(sizes: np.ndarray, edge: int) -> np.ndarray:
    """[n] pixels of each picture as stored; 0 where the size is unknown."""
    return np.array([np.prod(stored_size(w, h, edge)) if w else 0 for w, h, _ in sizes.tolist()], dtype=np.int64)


def read_all(
    source: Source, entries: list[Entry], sizes: np.ndarray, edge: int, out: Path, options: Options, progress: Progress
) -> Readings:
    """Decode every file into the temporary store, in scan order."""

    def read(index: int) -> tuple[Picture | None, bytes, str]:
        return read_one(source, entries[index], edge)

    facts = np.zeros(len(entries), dtype=FACTS)
    readings = Readings(facts, [], out / "pixels.tmp", out / "thumbs.tmp")
    chunks = _chunks(stored_areas(sizes, edge) * np.maximum(1, sizes[:, 2]))
    with readings.pixels.open("wb") as pixels, readings.thumbs.open("wb") as thumbs:
        offset = 0
        for index, result in enumerate(map_in_workers(read, chunks, options.workers, source.reopen)):
            if isinstance(result, Crashed):
                result = (None, _hash_file(source, entries[index]), "the decoder crashed on it")
            picture, facts[index]["sha256"], reason = result
            thumbs.write(picture.thumb if picture else bytes(THUMB * THUMB))
            if picture:
                pixels.write(picture.pixels)
                _note(facts[index], picture, offset)
                offset += len(picture.pixels)
            else:
                readings.quarantined.append((index, reason))
            progress("read", index + 1, len(entries))
    return readings


def read_one(source: Source, entry: Entry, edge: int) -> tuple[Picture | None, bytes, str]:
    """(picture, sha256, "") or (None, sha256, reason). Readers of damaged files raise anything, so everything is caught here."""
    digest = hashlib.sha256(b"").digest()
    try:
        if entry.size > MAX_FILE_BYTES:
            raise Refused(f"larger than {MAX_FILE_BYTES >> 20} MiB")
        with source.open(entry) as file:
            data = file.read(MAX_FILE_BYTES)
        digest = hashlib.sha256(data).digest()
        return decode(data, edge), digest, ""
    except Exception as error:
        return None, digest, safe(reason_of(error))


def check_quarantine(entries: list[Entry], readings: Readings, share: float) -> None:
    """Above `share`, the data is not what the user thinks it is."""
    count = len(readings.quarantined)
    if count > share * len(entries):
        evidence = [f"{safe(entries[index].path)}: {reason}" for index, reason in readings.quarantined[:20]]
        numbers = f"{plural(count, 'image')} of {len(entries):,}"
        message = f"{numbers} cannot be read ({count / len(entries):.0%}, more than {share:.0%})."
        raise refuse(message, evidence, "repair or remove these files")


def _chunks(byte_counts: np.ndarray) -> Iterator[list[int]]:
    chunk: list[int] = []
    held = 0
    for index, count in enumerate(byte_counts.tolist()):
        chunk.append(index)
        held += count
        if len(chunk) == CHUNK or held >= CHUNK_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _note(row: np.void, picture: Picture, offset: int) -> None:
    row["pixel_hash"] = picture.pixel_hash
    row["difference_hash"] = picture.difference_hash
    row["width"], row["height"], row["format"] = picture.width, picture.height, picture.format
    row["channels"], row["stored_height"], row["stored_width"] = picture.shape
    row["offset"] = offset
    row["sums"] = picture.sums  # one value fills all three channels of a grey picture
    row["square_sums"] = picture.square_sums
    row["is_read"] = True


def _hash_file(source: Source, entry: Entry) -> bytes:
    """Of as much as can be read: the file has just ended a worker, and an archive entry may be damaged too."""
    digest = hashlib.sha256()
    with contextlib.suppress(Exception), source.open(entry) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()
