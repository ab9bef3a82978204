"""Changes of stored pictures that may or may not change what they mean: the same for every picture, without randomness.

Each takes uint8 [n, C, h, w] and returns the same shape and type, so that any evaluation transform takes the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Change = Callable[[Tensor], Tensor]

TILT_DEGREES = 15.0
SHIFT_SHARE = 1 / 8  # of the side, to the right and downwards
CROP_SHARE = 0.7  # of the side that is left
BRIGHTER = 1.5
BLUR_SHARE = 1 / 40  # standard deviation of the blur as a share of the short side: details go, shapes stay
MIN_BLUR = 0.6  # pixels
GREY_WEIGHTS = (0.299, 0.587, 0.114)  # luma of ITU-R BT.601


def mirror(images: Tensor) -> Tensor:
    return images.flip(-1)


def flip_vertical(images: Tensor) -> Tensor:
    return images.flip(-2)


def quarter_turn(images: Tensor) -> Tensor:
    """A picture that is not square is squeezed back into its own shape."""
    return _resize(images.rot90(1, (-2, -1)), images.shape[-2], images.shape[-1])


def tilt(images: Tensor) -> Tensor:
    """Turned about the middle, the border repeated outwards."""
    n, _, height, width = images.shape
    cos, sin = math.cos(math.radians(TILT_DEGREES)), math.sin(math.radians(TILT_DEGREES))
    aspect = height / width  # coordinates run -1..1 on both axes
    matrix = torch.tensor([[cos, -sin * aspect, 0.0], [sin / aspect, cos, 0.0]]).expand(n, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return _to_uint8(F.grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False))


def shift(images: Tensor) -> Tensor:
    """Moved, the border repeated into what becomes free."""
    height, width = images.shape[-2:]
    rows = (torch.arange(height) - max(1, round(SHIFT_SHARE * height))).clamp(min=0)
    columns = (torch.arange(width) - max(1, round(SHIFT_SHARE * width))).clamp(min=0)
    return images.index_select(-2, rows).index_select(-1, columns)


def crop(images: Tensor) -> Tensor:
    """The middle, enlarged to the whole."""
    height, width = images.shape[-2:]
    inner_height, inner_width = max(1, round(CROP_SHARE * height)), max(1, round(CROP_SHARE * width))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    return _resize(images[..., top : top + inner_height, left : left + inner_width], height, width)


def turn_hue(images: Tensor) -> Tensor:
    """A third of the colour circle: red becomes green, green blue, blue red."""
    return images.roll(1, 1)


def grey(images: Tensor) -> Tensor:
    weights = torch.tensor(GREY_WEIGHTS).view(1, 3, 1, 1)
    return _to_uint8((images.float() * weights).sum(1, keepdim=True)).expand_as(images).contiguous()


def brighten(images: Tensor) -> Tensor:
    return _to_uint8(images.float() * BRIGHTER)


def blur(images: Tensor) -> Tensor:
    """Gaussian, the border repeated outwards."""
    channels, height, width = images.shape[1:]
    deviation = max(MIN_BLUR, BLUR_SHARE * min(height, width))
    reach = math.ceil(3 * deviation)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / deviation) ** 2)
    kernel = (weights / weights.sum()).view(1, 1, -1, 1).repeat(channels, 1, 1, 1)
    padded = F.pad(images.float(), (reach,) * 4, mode="replicate")
    down = F.conv2d(padded, kernel, groups=channels)
    return _to_uint8(F.conv2d(down, kernel.transpose(2, 3), groups=channels))


CHANGES: dict[str, Change] = {
    "mirror": mirror,
    "flip-vertical": flip_vertical,
    "rotate-90": quarter_turn,
    "rotate-15": tilt,
    "shift": shift,
    "crop": crop,
    "hue": turn_hue,
    "grey": grey,
    "brightness": brighten,
    "blur": blur,
}
COLOUR_CHANGES = ("hue", "grey")  # mean nothing for grey pictures


def _resize(images: Tensor, height: int, width: int) -> Tensor:
    if images.shape[-2:] == (height, width):
        return images
    return F.interpolate(images, size=(height, width), mode="bilinear", antialias=True, align_corners=False)


def _to_uint8(images: Tensor) -> Tensor:
    return images.round().clamp(0, 255).to(torch.uint8)
