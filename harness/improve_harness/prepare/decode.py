"""From the bytes of one untrusted file to pixels: an explicit list of formats, a cap on pixels, one way to read each mode.

Not covered: colour profiles (pixels are taken as sRGB), animation (first frame only), floating-point pictures (refused).
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

import numpy as np

# The plugins are imported by name so that their readers are registered before the workers fork, and no others ever are.
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from .fingerprint import channel_sums, describe, pixel_hash
from .options import MAX_EDGE

READERS = (
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
MAX_PIXELS = 50_000_000
MAX_JPEG_PIXELS = 200_000_000  # a JPEG of this size is decoded at a fraction of its scale
MAX_FILE_BYTES = 512 << 20
# Short side down to which a JPEG is decoded: the largest edge there is, so that what is hashed, and with it the splits,
# does not depend on the edge chosen for this dataset.
DRAFT_SIDE = MAX_EDGE
MAX_ASPECT = 4  # the stored long side is at most this many edges
ORIENTATION_TAG = 0x0112
GREY_MODES = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = MAX_JPEG_PIXELS


class Refused(Exception):
    """A picture that is set aside; the text is the reason that people read."""


class Picture(NamedTuple):
    """One decoded image. Width and height are native and upright; `shape` is (channels, height, width) as stored."""

    sha256: bytes
    pixel_hash: bytes
    difference_hash: int
    thumb: bytes  # THUMB x THUMB grey
    width: int
    height: int
    format: int  # index into FORMATS
    shape: tuple[int, int, int]
    pixels: bytes
    sums: tuple[int, ...]  # per stored channel, of values 0..255
    square_sums: tuple[int, ...]


def read_header(file: BinaryIO) -> tuple[int, int, int]:
    """Width, height (as stored in the file) and channels (1 or 3), without decoding."""
    with _strict():
        image = _open(file)
    return image.width, image.height, 1 if image.mode in GREY_MODES else 3


def decode(data: bytes, edge: int) -> Picture:
    """Decode, turn upright, flatten, describe and shrink to `edge`. Raises Refused or whatever the reader raises."""
    if not data:
        raise Refused("empty file")
    with _strict():
        return _decode(data, edge)


def _decode(data: bytes, edge: int) -> Picture:
    image = _open(io.BytesIO(data))
    size = image.size
    kind = FORMATS.index("JPEG" if image.format == "MPO" else image.format or "")
    if kind == 0:
        _draft(image)
    image.load()
    orientation = _orientation(image)
    image = flatten(image)
    if orientation in TURNS:
        image = image.transpose(TURNS[orientation])
    width, height = size[::-1] if orientation >= 5 else size
    image, pixels = _grey_if_equal(image)
    # For a JPEG decoded at reduced scale, the hashes and the thumbnail describe the reduced picture.
    whole = pixel_hash(pixels)
    difference_hash, thumb = describe(image)
    new_size = stored_size(width, height, edge)
    if image.size != new_size:
        pixels = np.asarray(image.resize(new_size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    planes = np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))
    return Picture(
        hashlib.sha256(data).digest(),
        whole,
        difference_hash,
        thumb,
        width,
        height,
        kind,
        (planes.shape[0], planes.shape[1], planes.shape[2]),
        planes.tobytes(),
        *channel_sums(planes),
    )


def reason_of(error: Exception) -> str:
    """Why a picture could not be read, for people."""
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, UnidentifiedImageError):
        return "not a JPEG, PNG, WebP, BMP, TIFF, GIF or PPM picture"
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"more than {MAX_JPEG_PIXELS // 1_000_000} million pixels"
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"damaged: {str(error)[:200] or type(error).__name__}"


def stored_size(width: int, height: int, edge: int) -> tuple[int, int]:
    """Shrunk to a short side of `edge` and a long side of at most MAX_ASPECT edges; never enlarged, never cropped."""
    scale = min(1.0, edge / min(width, height), MAX_ASPECT * edge / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


@contextmanager
def _strict() -> Iterator[None]:
    """Pillow only warns of a picture above the cap: here that is an error. Its other warnings concern metadata."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _open(file: BinaryIO) -> Image.Image:
    image = Image.open(file, formats=FORMATS)
    pixels = image.width * image.height
    if pixels < 1:
        raise Refused("has no pixels")
    if pixels > MAX_PIXELS and (image.format not in ("JPEG", "MPO") or min(image.size) < 2 * DRAFT_SIDE):
        raise Refused(f"{pixels // 1_000_000} million pixels, more than {MAX_PIXELS // 1_000_000} million")
    return image


def _draft(image: Image.Image) -> None:
    """Let the JPEG reader skip detail, by 2, 4 or 8, as long as the short side stays at DRAFT_SIDE or more."""
    factor = min(image.size) // DRAFT_SIDE
    if factor >= 2:
        image.draft(image.mode, (image.width // factor, image.height // factor))
        if image.width * image.height > MAX_PIXELS:
            raise Refused(f"more than {MAX_PIXELS // 1_000_000} million pixels even at reduced scale")


def _orientation(image: Image.Image) -> int:
    """1 to 8. Damaged EXIF data says nothing about the pixels, so it counts as upright."""
    try:
        value = image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:
        return 1
    return value if value in TURNS else 1


def flatten(image: Image.Image) -> Image.Image:
    """Mode L or RGB: 16 bits lose their low byte, alpha is laid on white, anything else is converted by Pillow."""
    if image.mode.startswith("I"):
        return _from_integers(np.asarray(image))
    if image.mode == "F":
        raise Refused("floating-point pixels have no fixed range")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, image).convert("RGB")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")


def _from_integers(values: np.ndarray) -> Image.Image:
    if values.min() < 0 or values.max() > 65535:
        raise Refused("32-bit pixels have no fixed range")
    return Image.fromarray((values.astype(np.uint16) >> 8).astype(np.uint8))


def _grey_if_equal(image: Image.Image) -> tuple[Image.Image, np.ndarray]:
    """The picture and its pixels; a colour file whose channels are all equal is a grey picture."""
    pixels = np.asarray(image)
    if image.mode == "L":
        return image, pixels
    for part in (pixels[:1], pixels):  # one row settles most photos
        if not (np.array_equal(part[..., 0], part[..., 1]) and np.array_equal(part[..., 0], part[..., 2])):
            return image, pixels
    return image.getchannel(0), pixels[..., 0]
