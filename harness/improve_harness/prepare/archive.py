"""A zip archive, read in place: nothing of it is ever written to disk under a name that it chose.

Refused as a whole: absolute names, `..`, links, devices, encryption, and what looks made to exhaust the machine.
Sizes are those that the archive declares; the zip reader stops there, so a lie ends in a checksum error of that picture.
"""

from __future__ import annotations

import contextlib
import re
import stat
import zipfile
from pathlib import Path
from typing import IO, BinaryIO, cast

from .names import is_ignored, refuse, shown
from .source import MAX_ENTRIES, Entry, Listing

MAX_TOTAL_BYTES = 200 << 30
MAX_RATIO = 200
RATIO_FROM_BYTES = 1 << 20  # small plain pictures compress better than 200:1 and cannot harm: the total has its own cap
UTF8_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
UNIX = 3
UNPACK = "unpack it yourself and give the folder"
_ABSOLUTE = re.compile(r"^(/|[A-Za-z]:)")
KINDS = (
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a single PNG picture"),
    (b"\xff\xd8\xff", "a single JPEG picture"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
)

PACKED = ("a gzip file", "a 7-Zip archive", "a RAR archive", "a bzip2 file", "an xz file", "a tar archive")


class ZipSource:
    """Entries of a zip; `key` is the index in its directory."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except Exception as error:  # a hostile directory makes the reader raise many types
            raise refuse(*_not_a_zip(path, error)) from error
        self._infos = self._zip.infolist()

    def list(self) -> Listing:
        if len(self._infos) > MAX_ENTRIES:
            raise refuse(f"The archive has {len(self._infos):,} entries, more than {MAX_ENTRIES:,}.", fix=UNPACK)
        listing = Listing()
        seen: set[str] = set()
        for index, info in enumerate(self._infos):
            path = entry_name(info)
            check_entry(info, path)
            if path in seen and not info.is_dir():
                raise refuse(f"The archive holds {shown(path)} twice.", fix=UNPACK)
            seen.add(path)
            if not any(is_ignored(part) for part in path.split("/")):
                _add(listing, path, info, index)
        check_total(sum(info.file_size for info in self._infos))
        listing.files.sort()
        return listing

    def open(self, entry: Entry) -> BinaryIO:
        stream: IO[bytes] = self._zip.open(self._infos[entry.key])
        return cast(BinaryIO, stream)

    def reopen(self) -> None:
        self._zip.fp = self._path.open("rb")  # keeps the parsed directory; only the file position must be our own


def entry_name(info: zipfile.ZipInfo) -> str:
    """The path with forward slashes. Names without the UTF-8 flag are often UTF-8 all the same; else they are code page 437."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_FLAG:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return re.sub(r"^(\./)+", "", name.replace("\\", "/")).rstrip("/")


def check_entry(info: zipfile.ZipInfo, path: str) -> None:
    """Raises Failure for an entry that an honest archive of pictures does not have."""
    name = shown(path)
    kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == UNIX else 0
    if _ABSOLUTE.match(path) or ".." in path.split("/") or "\0" in path:
        raise refuse(f"The archive has an entry that points outside of it: {name}.", fix=UNPACK)
    if kind == stat.S_IFLNK:
        raise refuse(f"The archive has a link: {name}.", fix="make the zip with files instead of links")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse(f"The archive has an entry that is no file: {name}.", fix=UNPACK)
    if info.flag_bits & ENCRYPTED_FLAG:
        raise refuse(f"The archive is encrypted ({name}).", fix=UNPACK)
    if info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        ratio = info.file_size // max(1, info.compress_size)
        raise refuse(f"The archive looks like a zip bomb: {name} grows {ratio:,} times.", fix=UNPACK)


def check_total(byte_count: int) -> None:
    if byte_count > MAX_TOTAL_BYTES:
        raise refuse(f"The archive unpacks to {byte_count >> 30:,} GiB, more than {MAX_TOTAL_BYTES >> 30} GiB.", fix=UNPACK)


def _add(listing: Listing, path: str, info: zipfile.ZipInfo, index: int) -> None:
    parts = path.split("/")
    if not info.is_dir() and not info.orig_filename.endswith("\\"):
        listing.files.append(Entry(path, info.file_size, index))
        parts = parts[:-1]
    for depth in range(1, len(parts) + 1):
        listing.folders.add("/".join(parts[:depth]))


def _not_a_zip(path: Path, error: Exception) -> tuple[str, list[str], str]:
    """Message, evidence and fix for a file that the zip reader refuses."""
    fix = "give a folder with one folder per class, or a zip of it"
    try:
        with path.open("rb") as file:
            head = file.read(265)
    except OSError as reason:
        return f"{shown(str(path))} cannot be read: {reason.strerror}.", [], "make it readable"
    if head.startswith(b"PK"):
        return f"{shown(path.name)} is a damaged zip archive.", [shown(str(error))], "copy or download it again"
    kind = next((words for magic, words in KINDS if head.startswith(magic)), None)
    if head[257:262] == b"ustar":
        kind = "a tar archive"
    if kind is None:
        kind = "an empty file" if not head else "a text file" if head.isascii() else "a file of an unknown kind"
    if kind in PACKED:
        fix = UNPACK
    return f"{shown(path.name)} is {kind}, not a folder or a zip of class folders.", [], fix
