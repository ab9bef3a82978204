"""Images of any size brought to one size, antialiased: whole (`fit`) or a random window of each."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ..contract import Images

SIZE = int | tuple[int, int]


def fit(images: Images, size: SIZE, how: str = "squash") -> Tensor:
    """Brings images to one size: uint8 [n, C, H, W]. `how` is "squash", "crop" (centre) or "pad" (edges repeated).

    Antialiased bilinear, the same in training and evaluation.
    """
    height, width = pair(size)
    if isinstance(images, Tensor):
        return fit_batch(images, height, width, how)
    return torch.cat([fit_batch(image.unsqueeze(0), height, width, how) for image in images])


def random_resized_crop(
    images: Images, size: SIZE, scale: tuple[float, float] = (0.35, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3)
) -> Tensor:
    """Cuts a window with its own share of the area (`scale`) and aspect (`ratio`) from each image and resizes it: uint8 [n, C, H, W].

    The window's aspect is relative to the target's. Slicing before resizing makes the cost that of the window, not of the image.
    """
    height, width = pair(size)
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
        out.append(resize(window.unsqueeze(0), height, width))
    return torch.cat(out)


def fit_batch(images: Tensor, height: int, width: int, how: str) -> Tensor:
    old_height, old_width = images.shape[-2:]
    if (old_height, old_width) == (height, width):
        return images
    if how == "squash":
        return resize(images, height, width)
    if how not in ("crop", "pad"):
        raise ValueError(f'how is "{how}", expected "squash", "crop" or "pad"')
    choose = max if how == "crop" else min
    factor = choose(height / old_height, width / old_width)
    scaled_height, scaled_width = max(1, round(old_height * factor)), max(1, round(old_width * factor))
    scaled = resize(images, scaled_height, scaled_width)
    if how == "crop":
        top, left = (scaled_height - height) // 2, (scaled_width - width) // 2
        return scaled[..., top : top + height, left : left + width]
    extra_height, extra_width = height - scaled_height, width - scaled_width
    sides = (extra_width // 2, extra_width - extra_width // 2, extra_height // 2, extra_height - extra_height // 2)
    return F.pad(scaled.float(), sides, mode="replicate").to(images.dtype)


def resize(images: Tensor, height: int, width: int) -> Tensor:
    if images.shape[-2:] == (height, width):
        return images
    return F.interpolate(images, size=(height, width), mode="bilinear", antialias=True, align_corners=False)


def pair(size: SIZE) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
