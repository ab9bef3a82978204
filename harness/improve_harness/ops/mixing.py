"""Parts of pictures hidden, and pictures mixed with others of their batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def cutout(images: Tensor, size: int, value: float | Tensor | None = None, count: int = 1) -> Tensor:
    """Overwrites `count` squares of `size` pixels in each image, at centres of their own (DeVries and Taylor 2017, arXiv 1708.04552).

    `value` is a number or one per channel, in the units of `images`; the default is each image's mean.
    """
    if size <= 0 or count <= 0:
        return images
    hidden = _square(images, size)
    for _ in range(count - 1):
        hidden = hidden | _square(images, size)
    if value is None:
        patch = images.float().mean(dim=(1, 2, 3), keepdim=True).to(images.dtype)
    else:
        patch = torch.as_tensor(value, dtype=images.dtype, device=images.device).view(1, -1, 1, 1)
    return torch.where(hidden, patch, images)


def mixup(images: Tensor, targets: Tensor, class_count: int, alpha: float = 0.2) -> tuple[Tensor, Tensor]:
    """Blends each image and its target with another of the batch, by a weight of its own from Beta(alpha, alpha) (arXiv 1710.09412).

    `targets` int64 [n] or float [n, classes]; returns float images and float32 targets [n, classes].
    """
    n = len(images)
    weight = torch.distributions.Beta(alpha, alpha).sample((n,)).to(images.device)
    weight = torch.maximum(weight, 1 - weight)  # the image itself stays the larger part
    other = torch.randperm(n, device=images.device)
    soft = _probabilities(targets, class_count)
    by_image, by_target = weight.view(-1, 1, 1, 1), weight.view(-1, 1)
    return images * by_image + images[other] * (1 - by_image), soft * by_target + soft[other] * (1 - by_target)


def cutmix(images: Tensor, targets: Tensor, class_count: int, probability: float = 0.5) -> tuple[Tensor, Tensor]:
    """Replaces a box of an image by the same box of another of the batch, and that share of its target (arXiv 1905.04899).

    Each image draws whether (`probability`), with which other, and a box of its own: its area uniform over 0..1, its middle
    anywhere, cut off at the border. `targets` int64 [n] or float [n, classes]; returns float images and float32 [n, classes].
    """
    n, _, height, width = images.shape
    device = images.device
    chosen = torch.rand(n, device=device) < probability
    half = torch.rand(n, device=device).sqrt() / 2 * chosen
    down = _band(torch.rand(n, device=device) * height, half * height, height)
    across = _band(torch.rand(n, device=device) * width, half * width, width)
    box = (down[:, :, None] & across[:, None, :]).unsqueeze(1)
    other = torch.randperm(n, device=device)
    share = box.flatten(1).float().mean(1, keepdim=True)
    soft = _probabilities(targets, class_count)
    values = images.float()
    return torch.where(box, values[other], values), soft * (1 - share) + soft[other] * share


def _square(images: Tensor, size: int) -> Tensor:
    """Where a square of each image lies: bool [n, 1, h, w]. Its centre is inside, its edges may not be."""
    n, _, height, width = images.shape
    centre_y = torch.randint(0, height, (n, 1, 1, 1), device=images.device)
    centre_x = torch.randint(0, width, (n, 1, 1, 1), device=images.device)
    y = torch.arange(height, device=images.device).view(1, 1, -1, 1)
    x = torch.arange(width, device=images.device).view(1, 1, 1, -1)
    low, high = size // 2, size - size // 2
    return (y >= centre_y - low) & (y < centre_y + high) & (x >= centre_x - low) & (x < centre_x + high)


def _band(centre: Tensor, half: Tensor, length: int) -> Tensor:
    """Which of `length` pixels lie within `half` of `centre`: bool [n, length]; none where `half` is 0."""
    middles = torch.arange(length, device=centre.device) + 0.5
    return (middles - centre[:, None]).abs() < half[:, None]


def _probabilities(targets: Tensor, class_count: int) -> Tensor:
    return F.one_hot(targets, class_count).float() if targets.dtype == torch.int64 else targets
