"""Where files come from: a folder, or a zip that is read in place (archive.py)."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from .names import is_ignored, refuse, shown

MAX_ENTRIES = 5_000_000


class Entry(NamedTuple):
    """One file. `path` is relative to the source with forward slashes; `key` is what its source opens."""

    path: str
    size: int
    key: Any


@dataclass
class Listing:
    """All that a source holds. `links` leave the source or dangle; `special` are sockets, pipes and devices."""

    files: list[Entry] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)


class Source(Protocol):
    def list(self) -> Listing: ...

    def open(self, entry: Entry) -> BinaryIO: ...

    def reopen(self) -> None:
        """Called once in each forked worker: file positions are not shared with the parent."""


def open_source(path: str) -> Source:
    """The source behind a path; a Failure says what lies there if it is neither a folder nor a zip."""
    from .archive import ZipSource

    where = Path(path)
    try:
        mode = where.stat().st_mode
    except OSError as error:
        raise refuse(f"{shown(path)} cannot be opened: {error.strerror}.", fix="check the path") from error
    if stat.S_ISDIR(mode):
        return FolderSource(where.resolve())
    if not stat.S_ISREG(mode):
        raise refuse(
            f"{shown(path)} is neither a folder nor a file.", fix="give a folder with one folder per class, or a zip of it"
        )
    return ZipSource(where)


class FolderSource:
    """A folder on disk. Links that stay inside are followed, others are only named."""

    def __init__(self, root: Path):
        self._root = root

    def list(self) -> Listing:
        listing = Listing()
        self._walk(self._root, "", (os.fspath(self._root),), listing)
        listing.files.sort()
        return listing

    def open(self, entry: Entry) -> BinaryIO:
        return (self._root / entry.key).open("rb")

    def reopen(self) -> None:
        pass

    def _walk(self, folder: Path, prefix: str, chain: tuple[str, ...], listing: Listing) -> None:
        """`chain` holds the real paths of the folders above, so that a link to one of them does not loop."""
        try:
            with os.scandir(folder) as found:
                children = sorted(found, key=lambda child: child.name)
        except OSError as error:
            raise refuse(
                f"The folder {shown(prefix or str(folder))} cannot be read: {error.strerror}.", fix="make it readable"
            ) from error
        for child in children:
            if is_ignored(child.name):
                continue
            real = os.path.realpath(child.path) if child.is_symlink() else f"{chain[-1]}/{child.name}"
            self._add(child, real, prefix + child.name, chain, listing)

    def _add(self, child: os.DirEntry[str], real: str, path: str, chain: tuple[str, ...], listing: Listing) -> None:
        if child.is_symlink() and (not self._is_inside(real) or not Path(real).exists() or real in chain):
            listing.links.append(path)
        elif child.is_dir():
            listing.folders.add(path)
            self._walk(Path(child.path), path + "/", (*chain, real), listing)
        elif child.is_file():
            listing.files.append(Entry(path, child.stat().st_size, path))
        else:
            listing.special.append(path)
        if len(listing.files) > MAX_ENTRIES:
            raise refuse(f"The folder holds more than {MAX_ENTRIES:,} files.", fix="give a smaller folder")

    def _is_inside(self, real: str) -> bool:
        return real.startswith(os.fspath(self._root).rstrip("/") + "/")
