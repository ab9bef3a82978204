"""Sixty hand-made odd images and seeded mutations: each is read or refused with a reason, none ends prepare."""

import struct
import zlib

import numpy as np
from image_mutations import count_outcomes
from PIL import Image
from prepare_support import draw, encode, stage, write, write_classes

RGB, GREY = draw(1), draw(2, channels=1)
PNG, JPEG, GIF, BMP, TIFF, WEBP = (encode(RGB, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"))


def chunk(kind: bytes, body: bytes, crc: int | None = None) -> bytes:
    crc = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def png(width=2, height=1, depth=8, colour=0, data=b"\0\x11\xee", extra=b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def noise(mode: str) -> Image.Image:
    return RGB.convert(mode)


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


READ = {
    "one-pixel.png": encode(Image.new("RGB", (1, 1), (9, 8, 7))),
    "one-pixel.gif": encode(Image.new("L", (1, 1), 5), "GIF"),
    "one-pixel.jpg": encode(Image.new("L", (1, 1), 5), "JPEG"),
    "wide.png": encode(Image.new("L", (3000, 1), 5)),
    "tall.png": encode(Image.new("L", (1, 3000), 5)),
    "two-pixels.pgm": b"P5 2 1 255\n\x03\xfa",
    "ascii.pgm": b"P2\n# a comment\n2 1\n15\n3 15\n",
    "bitmap.pbm": b"P4 3 1\n\xa0",
    "maxval-one.pgm": b"P5 2 1 1\n\0\1",
    "sixteen-bit.pgm": b"P5 2 1 65535\n\x12\x34\xff\xff",
    "sixteen-bit.png": encode(Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000)),
    "one-bit.png": encode(noise("1")),
    "palette.png": encode(noise("P")),
    "palette-alpha.png": encode(noise("P"), transparency=bytes(range(256))),
    "grey-alpha.png": encode(noise("LA")),
    "all-transparent.png": encode(Image.new("RGBA", (9, 9), (1, 2, 3, 0))),
    "interlaced.png": encode(RGB, "PNG", interlace=1),
    "text-chunk.png": png(extra=chunk(b"tEXt", b"Comment\0" + b"x" * 5000)),
    "bad-icc.png": png(extra=chunk(b"iCCP", b"name\0\0not zlib")),
    "animated.png": encode(RGB, "PNG", save_all=True, append_images=[draw(3)]),
    "trailing.png": PNG + b"garbage" * 100,
    "html-tail.jpg": JPEG + b"<script>alert(1)</script>",
    "cmyk.jpg": encode(noise("CMYK"), "JPEG"),
    "progressive.jpg": encode(RGB, "JPEG", progressive=True),
    "grey.jpg": encode(GREY, "JPEG"),
    "turned.jpg": encode(RGB, "JPEG", exif=exif(8)),
    "turned-ninety-nine.jpg": encode(RGB, "JPEG", exif=exif(99)),
    "broken-exif.jpg": encode(RGB, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"),
    "many-frames.gif": encode(RGB, "GIF", save_all=True, append_images=[draw(i) for i in range(5)]),
    "transparent.gif": encode(noise("P"), "GIF", transparency=1),
    "alpha.webp": encode(noise("RGBA"), "WEBP", lossless=True),
    "animated.webp": encode(RGB, "WEBP", save_all=True, append_images=[draw(4)]),
    "pages.tif": encode(RGB, "TIFF", save_all=True, append_images=[draw(5)]),
    "cmyk.tif": encode(noise("CMYK"), "TIFF"),
    "lzw.tif": encode(RGB, "TIFF", compression="tiff_lzw"),
    "group4.tif": encode(noise("1"), "TIFF", compression="group4"),
    "sixteen-bit.tif": encode(Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8)), "TIFF"),
    "palette.bmp": encode(noise("P"), "BMP"),
    "a png.jpg": PNG,
    "a jpeg.bmp": JPEG,
}
REFUSED = {
    "empty.png": b"",
    "text.png": b"hello",
    "zeros.jpg": bytes(1000),
    "html.jpg": b"<!DOCTYPE html><title>404 Not Found</title>",
    "signature-only.png": b"\x89PNG\r\n\x1a\n",
    "no-data.png": png()[:33],
    "half.png": PNG[: len(PNG) // 2],
    "half.jpg": encode(draw(6, 200, 200), "JPEG")[:700],
    "half.webp": WEBP[: len(WEBP) // 2],
    "half.bmp": BMP[: len(BMP) // 2],
    "zero-width.png": png(width=0),
    "zero-size.bmp": patched(BMP, 18, bytes(8)),
    "huge-claim.png": png(width=20_000, height=20_000),
    "endless-claim.png": png(width=2**31 - 1, height=2**31 - 1),
    "huge-text.png": png(extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80 << 20)))),
    "bad-crc.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0), crc=1),
    "float.tif": encode(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"),
    "thirty-two-bit.tif": encode(Image.fromarray(np.full((4, 4), 2**30, np.int32)), "TIFF"),
    "postscript.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
}


def test_sixty_odd_images_are_read_or_refused_as_expected(tmp_path):
    assert len(READ) + len(REFUSED) == 60
    write_classes(tmp_path / "d", {"cat": 40, "dog": 40}, first_seed=1000)
    for name, data in (READ | REFUSED).items():
        write(tmp_path / "d" / "cat" / name, data)
    staged = stage(tmp_path / "d", tmp_path / "o", quarantineShare=1.0, workers=2)
    refused = {line["path"].removeprefix("cat/"): line["reason"] for line in staged.quarantine}
    assert set(refused) == set(REFUSED)
    assert all(refused.values())
    assert "the decoder crashed on it" not in refused.values()
    assert staged.card["imageCount"] == 80 + len(READ)


def test_two_hundred_mutated_images_crash_nothing():
    outcomes = count_outcomes(200, seed=1)
    assert outcomes["crashed"] == 0
    assert outcomes["decoded"] >= 20
    assert outcomes["refused"] >= 20
