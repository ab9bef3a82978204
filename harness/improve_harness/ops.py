"""Batched image operations in which every image of a batch draws its own random numbers.

Inputs are uint8 [n, C, h, w], or a list of [C, h, w] where stored images differ in size; each function says which it takes.
Randomness comes from torch's global generator, which the harness seeds. Not covered here: colour, blur, noise, policies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .contract import Images

_SIZE = int | tuple[int, int]


def random_flip(images: Tensor, probability: float = 0.5) -> Tensor:
    """Mirrors each image left to right with its own coin. [n, C, h, w] of any dtype."""
    chosen = torch.rand(len(images), device=images.device) < probability
    rows = torch.nonzero(chosen).flatten()
    return images.index_copy(0, rows, images.index_select(0, rows).flip(-1))


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


def cutout(images: Tensor, size: int, value: float | Tensor | None = None) -> Tensor:
    """Overwrites one square of `size` pixels in each image, at a centre of its own (DeVries and Taylor 2017, arXiv 1708.04552).

    `value` is a number or one per channel, in the units of `images`; the default is each image's mean.
    """
    if size <= 0:
        return images
    n, _, height, width = images.shape
    centre_y = torch.randint(0, height, (n, 1, 1, 1), device=images.device)
    centre_x = torch.randint(0, width, (n, 1, 1, 1), device=images.device)
    y = torch.arange(height, device=images.device).view(1, 1, -1, 1)
    x = torch.arange(width, device=images.device).view(1, 1, 1, -1)
    low, high = size // 2, size - size // 2
    inside = (y >= centre_y - low) & (y < centre_y + high) & (x >= centre_x - low) & (x < centre_x + high)
    if value is None:
        patch = images.float().mean(dim=(1, 2, 3), keepdim=True).to(images.dtype)
    else:
        patch = torch.as_tensor(value, dtype=images.dtype, device=images.device).view(1, -1, 1, 1)
    return torch.where(inside, patch, images)


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
    grid = F.affine_grid(matrix, [n, 1, height, width], align_corners=False)
    return F.grid_sample(images.float(), grid, mode="bilinear", padding_mode="border", align_corners=False)


def fit(images: Images, size: _SIZE, how: str = "squash") -> Tensor:
    """Brings images to one size: uint8 [n, C, H, W]. `how` is "squash", "crop" (centre) or "pad" (edges repeated).

    Antialiased bilinear, the same in training and evaluation.
    """
    height, width = _pair(size)
    if isinstance(images, Tensor):
        return _fit_batch(images, height, width, how)
    return torch.cat([_fit_batch(image.unsqueeze(0), height, width, how) for image in images])


def random_resized_crop(
    images: Images, size: _SIZE, scale: tuple[float, float] = (0.35, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3)
) -> Tensor:
    """Cuts a window with its own share of the area (`scale`) and aspect (`ratio`) from each image and resizes it: uint8 [n, C, H, W].

    The window's aspect is relative to the target's. Slicing before resizing makes the cost that of the window, not of the image.
    """
    height, width = _pair(size)
    n = len(images)
    area = torch.empty(n).uniform_(*scale).tolist()
    log_ratio = torch.empty(n).uniform_(math.log(ratio[0]), math.log(ratio[1])).tolist()
    place = torch.rand(n, 2).tolist()
    out = []
    for image, share, log_aspect, (v, u) in zip(images, area, log_ratio, place, strict=True):
        full_height, full_width = image.shape[-2:]
        aspect = math.exp(log_aspect) * width / height
        crop_width = min(full_width, max(1, round(math.sqrt(share * full_height * full_width * aspect))))
        crop_height = min(full_height, max(1, round(math.sqrt(share * full_height * full_width / aspect))))
        top, left = int(v * (full_height - crop_height + 1)), int(u * (full_width - crop_width + 1))
        window = image[:, top : top + crop_height, left : left + crop_width]
        out.append(_resize(window.unsqueeze(0), height, width))
    return torch.cat(out)


def normalize(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """uint8 (or float 0..255) [n, C, h, w] -> float32 with the given mean and standard deviation (of 0..1 values) taken out."""
    scale = torch.tensor([1 / (255 * max(s, 1e-6)) for s in std], device=images.device).view(1, -1, 1, 1)
    shift = torch.tensor([m / max(s, 1e-6) for m, s in zip(mean, std, strict=True)], device=images.device).view(1, -1, 1, 1)
    return images.float() * scale - shift


def mixup(images: Tensor, targets: Tensor, class_count: int, alpha: float = 0.2) -> tuple[Tensor, Tensor]:
    """Blends each image and its target with another of the batch, by a weight of its own from Beta(alpha, alpha) (arXiv 1710.09412).

    `targets` int64 [n] or float [n, classes]; returns float images and float32 targets [n, classes].
    """
    n = len(images)
    weight = torch.distributions.Beta(alpha, alpha).sample((n,)).to(images.device)
    weight = torch.maximum(weight, 1 - weight)  # the image itself stays the larger part
    other = torch.randperm(n, device=images.device)
    soft = F.one_hot(targets, class_count).float() if targets.dtype == torch.int64 else targets
    by_image, by_target = weight.view(-1, 1, 1, 1), weight.view(-1, 1)
    return images * by_image + images[other] * (1 - by_image), soft * by_target + soft[other] * (1 - by_target)


class EvalTransform(nn.Module):
    """uint8 [n, C, h, w] of any size -> float32 [n, C, H, W]: fit, then normalise. Has the form that can be exported with a model."""

    mean: Tensor
    std: Tensor

    def __init__(self, size: _SIZE, mean: Sequence[float], std: Sequence[float], how: str = "squash"):
        super().__init__()
        self.size, self.how = _pair(size), how
        self.register_buffer("mean", torch.tensor(list(mean)).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor([max(s, 1e-6) for s in std]).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        fitted = _fit_batch(images, *self.size, self.how)
        return (fitted.float() / 255 - self.mean) / self.std


def _fit_batch(images: Tensor, height: int, width: int, how: str) -> Tensor:
    old_height, old_width = images.shape[-2:]
    if (old_height, old_width) == (height, width):
        return images
    if how == "squash":
        return _resize(images, height, width)
    if how not in ("crop", "pad"):
        raise ValueError(f'how is "{how}", expected "squash", "crop" or "pad"')
    choose = max if how == "crop" else min
    factor = choose(height / old_height, width / old_width)
    scaled_height, scaled_width = max(1, round(old_height * factor)), max(1, round(old_width * factor))
    scaled = _resize(images, scaled_height, scaled_width)
    if how == "crop":
        top, left = (scaled_height - height) // 2, (scaled_width - width) // 2
        return scaled[..., top : top + height, left : left + width]
    extra_height, extra_width = height - scaled_height, width - scaled_width
    sides = (extra_width // 2, extra_width - extra_width // 2, extra_height // 2, extra_height - extra_height // 2)
    return F.pad(scaled.float(), sides, mode="replicate").to(images.dtype)


def _resize(images: Tensor, height: int, width: int) -> Tensor:
    if images.shape[-2:] == (height, width):
        return images
    return F.interpolate(images, size=(height, width), mode="bilinear", antialias=True, align_corners=False)


def _pad(images: Tensor, padding: int, fill: str) -> Tensor:
    sides = (padding,) * 4
    if fill == "zero":
        return F.pad(images, sides)
    if images.dtype == torch.uint8:  # torch pads only floating point by reflection
        return F.pad(images.float(), sides, mode=fill).to(torch.uint8)
    return F.pad(images, sides, mode=fill)


def _pair(size: _SIZE) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
