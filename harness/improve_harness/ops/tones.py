"""How light, colourful, sharp and clean a picture is. One draw an image; values 0..255 in (any dtype) and out (float32)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

GRAY = (0.2989, 0.587, 0.114)  # share of red, green, blue in brightness (ITU-R BT.601), as torchvision has it
# RGB -> (brightness, and two axes of colour), so that a turn of the hue is a rotation of the last two (YIQ)
YIQ = ((0.2989, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


def color_jitter(
    images: Tensor, brightness: float = 0.0, contrast: float = 0.0, saturation: float = 0.0, hue: float = 0.0
) -> Tensor:
    """Changes light and colour of each image by its own draws: a factor of 1 ± the number given, for `hue` ± a share of the circle.

    Contrast is about the image's mean brightness. Grey pictures (C = 1) have no saturation and hue. The four are one linear map of
    the colours, clamped once, so this costs about as much as one of them.
    """
    values = images.float()
    lighter, starker = _factor(values, brightness), _factor(values, contrast)
    scale = (lighter * starker).view(-1, 1, 1, 1)
    offset = mean_brightness(values) * (lighter * (1 - starker)).view(
        -1, 1, 1, 1
    )  # grey, so that saturation and hue leave it alone
    if values.shape[1] == 1 or (saturation == 0 and hue == 0):
        return (values * scale + offset).clamp_(0, 255)
    matrix = _colour_matrix(_factor(values, saturation), _symmetric(values, hue))
    turned = torch.bmm(matrix, values.flatten(2)).view_as(values)
    return (turned * scale + offset).clamp_(0, 255)


def random_gray(images: Tensor, probability: float = 0.1) -> Tensor:
    """Takes the colour out of each image by its own coin; the number of channels stays."""
    values = images.float()
    if values.shape[1] == 1:
        return values
    rows = torch.nonzero(torch.rand(len(values), device=values.device) < probability).flatten()
    return values.index_copy(0, rows, brightness_of(values[rows]).expand(-1, 3, -1, -1))


def random_blur(images: Tensor, sigma: float = 1.0, probability: float = 0.5) -> Tensor:
    """Softens a share of the images (`probability`), each by a Gaussian of its own width: 0.1..`sigma` pixels."""
    values = images.float()
    rows = torch.nonzero(torch.rand(len(values), device=values.device) < probability).flatten()
    widths = 0.1 + torch.rand(len(rows), device=values.device) * max(0.0, sigma - 0.1)
    return values.index_copy(0, rows, gaussian_blur(values[rows], widths, radius=max(1, math.ceil(2 * sigma))))


def random_noise(images: Tensor, std: float = 10.0) -> Tensor:
    """Adds independent Gaussian noise to every value; each image draws how much, 0..`std` of 255."""
    values = images.float()
    strength = torch.rand(len(values), device=values.device).view(-1, 1, 1, 1) * std
    return (values + strength * torch.randn_like(values)).clamp_(0, 255)


def gaussian_blur(values: Tensor, sigma: Tensor, radius: int) -> Tensor:
    """float [n, C, h, w] smoothed by a Gaussian of `sigma` [n] pixels over 2 `radius` + 1; borders are mirrored."""
    height, width = values.shape[-2:]
    radius = min(radius, height - 1, width - 1)
    if radius <= 0 or not len(values):
        return values
    offsets = torch.arange(-radius, radius + 1, device=values.device)
    weights = torch.exp(-0.5 * (offsets / sigma[:, None]) ** 2)
    weights = (weights / weights.sum(1, keepdim=True)).view(len(values), -1, 1, 1, 1)
    padded = F.pad(values, (radius,) * 4, mode="reflect")
    down = torch.zeros_like(padded[..., :height, :])
    for k in range(2 * radius + 1):
        down += weights[:, k] * padded[..., k : k + height, :]
    smooth = torch.zeros_like(values)
    for k in range(2 * radius + 1):
        smooth += weights[:, k] * down[..., k : k + width]
    return smooth


def blend(values: Tensor, other: Tensor, factor: Tensor) -> Tensor:
    """`other` at factor 0, `values` at 1, beyond them outside of 0..1; clamped to 0..255. `factor` is [n]."""
    weight = factor.view(-1, 1, 1, 1)
    return (values * weight + other * (1 - weight)).clamp_(0, 255)


def brightness_of(values: Tensor) -> Tensor:
    if values.shape[1] == 1:
        return values
    red, green, blue = (values[:, channel : channel + 1] for channel in range(3))
    return GRAY[0] * red + GRAY[1] * green + GRAY[2] * blue


def mean_brightness(values: Tensor) -> Tensor:
    """[n, 1, 1, 1]."""
    means = values.mean(dim=(2, 3), keepdim=True)
    return brightness_of(means)


def _factor(values: Tensor, amount: float) -> Tensor:
    return (1 + _symmetric(values, amount)).clamp(min=0.01)


def _symmetric(values: Tensor, limit: float) -> Tensor:
    """[n] uniform over ± `limit`; draws nothing where the limit is 0."""
    n, device = len(values), values.device
    return (torch.rand(n, device=device) * 2 - 1) * limit if limit else torch.zeros(n, device=device)


def _colour_matrix(saturation: Tensor, hue: Tensor) -> Tensor:
    """[n, 3, 3] of RGB: the plane of colours scaled by `saturation` [n] and turned by `hue` [n] (share of a full turn)."""
    to_yiq = torch.tensor(YIQ, device=hue.device)
    angle = hue * (2 * math.pi)
    cos, sin, zero = angle.cos() * saturation, angle.sin() * saturation, torch.zeros_like(hue)
    inner = torch.stack([torch.ones_like(hue), zero, zero, zero, cos, -sin, zero, sin, cos], 1).view(-1, 3, 3)
    return torch.linalg.inv(to_yiq) @ inner @ to_yiq
