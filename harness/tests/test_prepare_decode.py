"""Formats, modes, orientation, alpha and caps of the image reader."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from prepare_support import draw, encode

from improve_harness.prepare.decode import Refused, decode, read_header, reason_of, stored_size
from improve_harness.prepare.fingerprint import GRID_COLUMNS

RED, WHITE = (255, 0, 0), (255, 255, 255)


def pixels_of(data: bytes, edge: int = 64) -> np.ndarray:
    """[C, H, W]"""
    picture = decode(data, edge)
    return np.frombuffer(picture.pixels, np.uint8).reshape(picture.shape)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("PPM", {}),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_formats_give_back_the_pixels(kind, options, channels):
    image = draw(1, channels=channels)
    got = pixels_of(encode(image, kind, **options))
    expected = np.asarray(image).reshape(16, 20, channels).transpose(2, 0, 1)
    assert np.array_equal(got, expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_gives_nearly_the_pixels(channels):
    image = draw(2, channels=channels)
    got = pixels_of(encode(image, "JPEG", quality=98, subsampling=0)).astype(int)
    expected = np.asarray(image).reshape(16, 20, channels).transpose(2, 0, 1).astype(int)
    assert np.abs(got - expected).mean() < 3


def test_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 8), RED), Image.new("RGB", (8, 8), (0, 255, 0))]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert pixels_of(data)[:, 3, 3].tolist() == list(RED)


def test_same_pixels_have_one_hash_in_every_lossless_format():
    image = draw(3)
    hashes = {decode(encode(image, kind), 64).pixel_hash for kind in ("PNG", "BMP", "TIFF", "PPM")}
    assert len(hashes) == 1


def as_taken(upright: Image.Image, orientation: int) -> Image.Image:
    """The picture as the camera wrote it, which is upright when `orientation` is followed."""
    turn = Image.Transpose
    turns = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_90,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_270,
    }
    return upright.transpose(turns[orientation]) if orientation in turns else upright


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(orientation, kind):
    upright = draw(4)
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(as_taken(upright, orientation), kind, exif=exif_of(orientation), **options)
    assert np.array_equal(pixels_of(data), np.asarray(upright).transpose(2, 0, 1))
    assert (decode(data, 64).width, decode(data, 64).height) == (20, 16)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("width", "height"), [(20, 16), (1000, 800)])
def test_a_jpeg_is_turned_as_its_exif_says_at_full_and_at_reduced_scale(orientation, width, height):
    upright = draw(4, width, height)
    data = encode(as_taken(upright, orientation), "JPEG", quality=98, subsampling=0, exif=exif_of(orientation))
    got = pixels_of(data, edge=16).astype(int)
    expected = np.asarray(upright.resize((20, 16), Image.Resampling.BILINEAR)).transpose(2, 0, 1).astype(int)
    assert got.shape == expected.shape
    assert np.abs(got - expected).mean() < 3  # the nearest other orientation differs by more than 30
    assert (decode(data, 16).width, decode(data, 16).height) == (width, height)


def test_damaged_exif_counts_as_upright():
    data = encode(draw(5), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode(data, 64).width == 20


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_laid_on_white(kind):
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    image.putpixel((1, 1), (200, 0, 0, 255))
    image.putpixel((2, 2), (0, 0, 0, 128))
    got = pixels_of(encode(image, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {})))
    assert got[:, 0, 0].tolist() == list(WHITE)
    assert got[:, 1, 1].tolist() == [200, 0, 0]
    assert got[:, 2, 2].tolist() == [127, 127, 127]


def test_grey_with_alpha_is_laid_on_white_and_stays_grey():
    image = Image.new("LA", (2, 1), (10, 0))
    image.putpixel((1, 0), (10, 255))
    assert pixels_of(encode(image)).tolist() == [[[255, 10]]]


def test_transparent_palette_entry_becomes_white():
    image = Image.new("P", (2, 1), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    got = pixels_of(encode(image, "PNG", transparency=0))
    assert got[:, 0, 0].tolist() == list(WHITE)
    assert got[:, 0, 1].tolist() == [0, 0, 255]


@pytest.mark.parametrize(("mode", "value", "transparent"), [("L", 7, 7), ("RGB", (1, 2, 3), (1, 2, 3))])
def test_transparent_colour_becomes_white(mode, value, transparent):
    data = encode(Image.new(mode, (2, 2), value), "PNG", transparency=transparent)
    assert set(pixels_of(data).ravel().tolist()) == {255}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_the_high_byte(kind):
    values = np.array([[0, 255, 256], [0x1234, 0x8000, 0xFFFF]], dtype=np.uint16)
    assert pixels_of(encode(Image.fromarray(values), kind)).tolist() == [[[0, 0, 1], [0x12, 0x80, 0xFF]]]


def test_sixteen_bit_pgm_keeps_the_high_byte():
    data = b"P5 2 1 65535\n" + bytes([0x12, 0x34, 0xFF, 0xFF])
    assert pixels_of(data).tolist() == [[[0x12, 0xFF]]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"P2\n# comment\n2 1\n255\n3 250\n", [[[3, 250]]]),
        (b"P5 2 1 255\n\x03\xfa", [[[3, 250]]]),
        (b"P4 2 1\n\x40", [[[255, 0]]]),
        (b"P3 1 1 255\n1 2 3\n", [[[1]], [[2]], [[3]]]),
        (b"P6 1 1 255\n\x01\x02\x03", [[[1]], [[2]], [[3]]]),
    ],
)
def test_netpbm_kinds_are_read(data, expected):
    assert pixels_of(data).tolist() == expected


def test_black_and_white_becomes_grey():
    assert pixels_of(encode(Image.new("1", (2, 2), 1))).tolist() == [[[255, 255], [255, 255]]]


def test_cmyk_becomes_colour():
    got = pixels_of(encode(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    assert got.shape[0] == 3
    assert got[0].min() > 240
    assert got[1:].max() < 15


def test_colour_file_with_equal_channels_is_grey_and_hashes_as_grey():
    grey = draw(6, channels=1)
    assert pixels_of(encode(grey.convert("RGB"))).shape[0] == 1
    assert decode(encode(grey.convert("RGB")), 64).pixel_hash == decode(encode(grey), 64).pixel_hash


def test_floating_point_picture_is_refused():
    with pytest.raises(Refused, match="floating-point"):
        decode(encode(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"), 64)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty file"),
        (b"hello, this is text", "not a JPEG, PNG"),
        (encode(draw(1))[:200], "damaged"),
        (encode(draw(1, 200, 200), "JPEG")[:400], "damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "not a JPEG, PNG"),
    ],
)
def test_reason_says_what_is_wrong(data, words):
    with pytest.raises(Exception) as caught:
        decode(data, 64)
    assert words in reason_of(caught.value)


def empty_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("width", "words"), [(8000, "64 million pixels"), (20_000, "more than 200 million"), (60_000, "more than 200")]
)
def test_too_many_pixels_are_refused_before_decoding(width, words):
    data = empty_png(width, min(width, 40_000))
    for read in (lambda: decode(data, 64), lambda: read_header(io.BytesIO(data))):
        with pytest.raises(Exception) as caught:
            read()
        assert words in reason_of(caught.value)


def test_large_jpeg_is_decoded_at_reduced_scale_and_hashes_the_same_for_every_edge():
    data = encode(draw(7, 3200, 2400), "JPEG")
    pictures = [decode(data, edge) for edge in (96, 256, 384)]
    assert [p.shape for p in pictures] == [(3, 96, 128), (3, 256, 341), (3, 384, 512)]
    assert {(p.width, p.height) for p in pictures} == {(3200, 2400)}
    assert len({p.pixel_hash for p in pictures}) == 1


def test_jpeg_above_the_cap_is_read_when_reduced_scale_brings_it_under():
    data = encode(Image.new("L", (8000, 7000), 90), "JPEG")
    assert decode(data, 96).shape == (1, 96, 110)


@pytest.mark.parametrize(
    ("size", "edge", "expected"),
    [
        ((100, 50), 96, (100, 50)),
        ((400, 200), 100, (200, 100)),
        ((92, 112), 96, (92, 112)),
        ((1, 1), 64, (1, 1)),
        ((10_000, 100), 100, (400, 4)),
        ((5000, 1), 64, (256, 1)),
    ],
)
def test_stored_size_keeps_the_aspect_and_never_enlarges(size, edge, expected):
    assert stored_size(*size, edge) == expected


def test_sums_are_those_of_the_stored_pixels():
    picture = decode(encode(draw(8, 300, 200)), 64)
    stored = np.frombuffer(picture.pixels, np.uint8).reshape(picture.shape).astype(int)
    assert list(picture.sums) == stored.sum(axis=(1, 2)).tolist()
    assert list(picture.square_sums) == (stored**2).sum(axis=(1, 2)).tolist()


def test_every_pixel_of_the_thumbnail_counts_once_in_the_difference_hash():
    assert GRID_COLUMNS.sum(axis=1).tolist() == [9] * 32


def test_plain_picture_has_an_empty_difference_hash():
    assert decode(encode(Image.new("L", (30, 30), 99)), 64).difference_hash == 0
