"""Words for people: file and class names made safe to show, lists cut short, and refusals in one sentence."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from ..protocol import Failure

SHOWN_LENGTH = 100  # characters of a name in a sentence
IGNORED = {"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information", "@eadir", "lost+found"}
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


def refuse(message: str, evidence: Sequence[str] = (), fix: str | None = None, kind: str = "dataset") -> Failure:
    """The failure to raise for a mistake in the user's data or options."""
    return Failure(kind, message, stage="prepare", evidence=list(evidence), fix=fix)


def safe(text: str) -> str:
    """`text` with undecodable bytes, control and text-direction characters written as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if character in _BIDI or unicodedata.category(character) in ("Cc", "Cs"):
        return f"\\u{code:04x}"
    return character


def shown(text: str) -> str:
    """`safe` and cut in the middle to SHOWN_LENGTH characters, for sentences."""
    text = safe(text)
    half = SHOWN_LENGTH // 2
    return text if len(text) <= SHOWN_LENGTH else f"{text[:half]}…{text[-half:]}"


def first_few(names: Iterable[str], count: int | None = None, limit: int = 5) -> str:
    """The names as "a, b, c and 7 more". `count` is the true number when `names` holds only the first ones."""
    names = list(names)
    more = (len(names) if count is None else count) - min(limit, len(names))
    text = ", ".join(shown(name) for name in names[:limit])
    return f"{text} and {more:,} more" if more > 0 else text


def plural(count: int, noun: str, plural_noun: str | None = None) -> str:
    """A number with its noun: 1 image, 1,200 images."""
    return f"{count:,} {noun if count == 1 else plural_noun or noun + 's'}"


def normal(name: str) -> str:
    """Class names compare in NFC: the same word typed on two systems is one class."""
    return unicodedata.normalize("NFC", name)


def is_ignored(component: str) -> bool:
    """Files and folders that operating systems leave behind, and hidden ones."""
    return component.startswith(".") or component.lower() in IGNORED
