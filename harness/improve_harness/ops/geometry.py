"""Where things lie in a picture: mirrors, turns, shifts, affine changes. One draw an image; size and meaning of values stay."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .sizes import resize
from .warp import warp


def random_flip(images: Tensor, probability: float = 0.5) -> Tensor:
    """Mirrors each image left to right with its own coin. [n, C, h, w] of any dtype."""
    chosen = torch.rand(len(images), device=images.device) < probability
    rows = torch.nonzero(chosen).flatten()
    return images.index_copy(0, rows, images.index_select(0, rows).flip(-1))


def random_flip_vertical(images: Tensor, probability: float = 0.5) -> Tensor:
    """Turns each image upside down, as in a mirror on the floor, with its own coin. [n, C, h, w] of any dtype."""
    chosen = torch.rand(len(images), device=images.device) < probability
    rows = torch.nonzero(chosen).flatten()
    return images.index_copy(0, rows, images.index_select(0, rows).flip(-2))


def random_quarter_turns(images: Tensor) -> Tensor:
    """Turns each image by 0, 90, 180 or 270 degrees, each as likely. Square [n, C, s, s] of any dtype."""
    height, width = images.shape[-2:]
    if height != width:
        raise ValueError(f"quarter turns need square images, these are {height} x {width}; make IMAGE_SIZE square")
    turns = torch.randint(0, 4, (len(images),), device=images.device)
    turned = images.clone()
    for quarters in (1, 2, 3):
        rows = torch.nonzero(turns == quarters).flatten()
        turned.index_copy_(0, rows, images.index_select(0, rows).rot90(quarters, (-2, -1)))
    return turned


def random_crop(images: Tensor, padding: int, fill: str = "reflect") -> Tensor:
    """Pads by `padding` pixels on each side and cuts a window of the old size at a place of each image's own.

    `fill` is "reflect", "replicate" or "zero". A translation by up to `padding` pixels; [n, C, h, w] of any dtype.
    """
    if padding <= 0:
        return images
    n, _, height, width = images.shape
    if fill == "reflect" and padding >= min(height, width):
        fill = "replicate"
    padded = _pad(images, padding, fill)
    top = torch.randint(0, 2 * padding + 1, (n,), device=images.device)
    left = torch.randint(0, 2 * padding + 1, (n,), device=images.device)
    # a view [n, C, tops, lefts, height, width]: indexing it copies whole rows
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    return windows[torch.arange(n, device=images.device), :, top, left]


def random_affine(
    images: Tensor, degrees: float = 0.0, translate: float = 0.0, scale: tuple[float, float] = (1.0, 1.0), shear: float = 0.0
) -> Tensor:
    """Rotates (± degrees), shifts (± share of the side), scales and shears (± degrees) each image by its own draw.

    Takes uint8 or float [n, C, h, w], returns float32 in the same range; bilinear, the border is repeated outwards.
    """
    n, _, height, width = images.shape

    def uniform(limit: float) -> Tensor:
        return (torch.rand(n, device=images.device) * 2 - 1) * limit

    angle, slant = uniform(math.radians(degrees)), uniform(math.radians(shear)).tan()
    zoom = torch.exp(torch.empty(n, device=images.device).uniform_(math.log(scale[0]), math.log(scale[1]) + 1e-12))
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    aspect = height / width  # grid coordinates run -1..1 on both axes, so a rotation of a non-square image needs it
    matrix = torch.stack(
        [
            torch.stack([cos, (cos * slant - sin) * aspect, uniform(2 * translate)], -1),
            torch.stack([sin / aspect, sin * slant + cos, uniform(2 * translate)], -1),
        ],
        1,
    )
    return warp(images.float(), matrix)


def shift(images: Tensor, down: int = 0, right: int = 0) -> Tensor:
    """All images moved by the same whole pixels; the border is repeated into the gap. No randomness: for views at prediction."""
    height, width = images.shape[-2:]
    rows = (torch.arange(height, device=images.device) - down).clamp(0, height - 1)
    columns = (torch.arange(width, device=images.device) - right).clamp(0, width - 1)
    return images.index_select(-2, rows).index_select(-1, columns)


def zoom(images: Tensor, factor: float) -> Tensor:
    """The middle of all images, enlarged by `factor` >= 1 to the old size. No randomness: for views at prediction."""
    height, width = images.shape[-2:]
    top, left = (min((side - 1) // 2, round((side - side / factor) / 2)) for side in (height, width))
    return resize(images[..., top : height - top, left : width - left], height, width)


def _pad(images: Tensor, padding: int, fill: str) -> Tensor:
    sides = (padding,) * 4
    if fill == "zero":
        return F.pad(images, sides)
    if images.dtype == torch.uint8:  # torch pads only floating point by reflection
        return F.pad(images.float(), sides, mode=fill).to(torch.uint8)
    return F.pad(images, sides, mode=fill)
