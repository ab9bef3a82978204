"""Which files are pictures: by extension, and by the first bytes where the extension says nothing."""

from __future__ import annotations

from .source import Entry, Source

EXTENSIONS = {
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "bmp", "dib", "tif", "tiff", "gif", "pgm", "ppm", "pbm", "pnm",
}  # fmt: skip
NEVER = {
    "txt", "csv", "tsv", "json", "jsonl", "xml", "md", "html", "htm", "py", "yml", "yaml", "log", "ini", "pdf", "zip", "gz",
    "svg", "eps", "ps", "ai",
}  # fmt: skip
UNSUPPORTED = {
    "heic": "HEIC", "heif": "HEIC", "avif": "AVIF", "svg": "SVG", "psd": "Photoshop", "jp2": "JPEG 2000", "jxl": "JPEG XL",
    "cr2": "camera raw", "nef": "camera raw", "arw": "camera raw", "dng": "camera raw", "eps": "EPS", "dcm": "DICOM", "ico": "icon",
}  # fmt: skip
HEAD_BYTES = 16


def is_image(source: Source, entry: Entry) -> bool:
    """A file that says by its name or content that it is a picture; whether it decodes is found out later."""
    kind = extension(entry.path)
    if kind in EXTENSIONS:
        return True
    if kind in NEVER or entry.size < HEAD_BYTES:
        return False
    try:
        with source.open(entry) as file:
            return has_image_magic(file.read(HEAD_BYTES))
    except Exception:  # an unreadable file of unknown kind, or a damaged archive entry: it is named as stray
        return False


def has_image_magic(head: bytes) -> bool:
    """The formats of decode.py. BMP and PNM have weak marks, so a second byte field must fit too."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    if head[:2] == b"BM":
        return head[6:10] == bytes(4)
    return head[:1] == b"P" and head[1:2] in b"23456" and head[2:3] in (b"\n", b" ") and head[3:4] in b"#0123456789"


def extension(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def unsupported_format(path: str) -> str | None:
    """The common name of a picture format that is not read."""
    return UNSUPPORTED.get(extension(path))
