"""From the bytes of one untrusted file to the picture as a staged dataset would hold it. No torch.

The decoding is that of `prepare`, byte for byte. Two things can be asked of a single picture that no staged dataset needs, since it
decides them by looking at all its pictures: a picture in colour for a classifier of grey ones loses its colour, and a picture of
another shape, where all that were learnt from had one shape, is squashed to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from .prepare.decode import decode, reason_of
from .prepare.names import safe

ANY_EDGE = 1 << 30  # px; no picture is larger, so that none is shrunk


@dataclass(frozen=True)
class Form:
    """How a classifier wants its pictures stored."""

    channels: int
    """1 (grey) or 3 (RGB)."""
    edge: int
    """Short side in pixels down to which larger pictures are shrunk."""
    uniform_shape: tuple[int, int] | None
    """(height, width) when all pictures that it learnt from had it."""

    @staticmethod
    def of(given: dict[str, Any]) -> Form:
        """From the `info` and `edge` of a job or a bundle."""
        shape = given["info"]["uniformShape"]
        return Form(given["info"]["channels"], given["edge"] or ANY_EDGE, tuple(shape) if shape else None)


class Stored(NamedTuple):
    """uint8 [channels, height, width], and what it lost on the way beyond what pictures of a dataset lose."""

    pixels: np.ndarray
    is_greyed: bool
    is_squashed: bool


def read_picture(data: bytes, form: Form) -> Stored | str:
    """The picture, or why it cannot be read, for people. Readers of damaged files raise anything, so everything is caught here."""
    try:
        picture = decode(data, form.edge)
    except Exception as error:
        return safe(reason_of(error))
    planes = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.shape)
    is_greyed = len(planes) > form.channels
    if is_greyed:
        planes = np.asarray(_image(planes).convert("L"))[None]
    elif len(planes) < form.channels:
        planes = planes.repeat(form.channels, axis=0)
    is_squashed = form.uniform_shape is not None and planes.shape[1:] != form.uniform_shape
    return Stored(_squash(planes, form.uniform_shape) if is_squashed and form.uniform_shape else planes, is_greyed, is_squashed)


def _squash(planes: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Antialiased bilinear, as `ops.fit` does it."""
    height, width = shape
    pixels = np.asarray(_image(planes).resize((width, height), Image.Resampling.BILINEAR))
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _image(planes: np.ndarray) -> Image.Image:
    return Image.fromarray(planes[0] if len(planes) == 1 else np.ascontiguousarray(planes.transpose(1, 2, 0)))
