"""One operation an image, drawn from a list, of a random strength: no strengths to tune (TrivialAugment, arXiv 2103.10158).

Not covered of the paper's list: equalize. Strengths reach as far as the paper's "wide" space at `strength` 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .tones import blend, brightness_of, mean_brightness
from .warp import warp

Operation = Callable[[Tensor, Tensor], Tensor]
"""(float images 0..255 [m, C, h, w], amount [m] in -1..1) -> the same shape and range."""


def trivial_augment(images: Tensor, operations: Sequence[str] | None = None, strength: float = 0.5) -> Tensor:
    """Applies to each image one operation of its own, drawn from `operations`, by an amount of its own up to `strength` (0..1).

    Values 0..255 [n, C, h, w]; returns float32 in that range. `operations` are names of POLICY_OPERATIONS, the default is all.
    """
    names = list(POLICY_OPERATIONS if operations is None else operations)
    unknown = [name for name in names if name not in POLICY_OPERATIONS]
    if unknown or not names:
        raise ValueError(f"operations are {names}; choose from {', '.join(POLICY_OPERATIONS)}")
    values = images.float()
    n = len(values)
    chosen = torch.randint(0, len(names), (n,), device=values.device)
    amounts = (torch.rand(n, device=values.device) * 2 - 1) * strength
    result = values.clone()
    for number, name in enumerate(names):
        rows = torch.nonzero(chosen == number).flatten()
        if len(rows):
            result.index_copy_(0, rows, POLICY_OPERATIONS[name](values[rows], amounts[rows]))
    return result


def _identity(values: Tensor, amount: Tensor) -> Tensor:
    return values


def _brighten(values: Tensor, amount: Tensor) -> Tensor:
    return blend(values, torch.zeros_like(values), 1 + 0.9 * amount)


def _contrast(values: Tensor, amount: Tensor) -> Tensor:
    return blend(values, mean_brightness(values), 1 + 0.9 * amount)


def _saturate(values: Tensor, amount: Tensor) -> Tensor:
    return blend(values, brightness_of(values), 1 + 0.9 * amount)


def _sharpen(values: Tensor, amount: Tensor) -> Tensor:
    """Towards or away from a 3 x 3 smoothing with weight 5 in the middle; the outermost pixels stay."""
    kernel = torch.ones(1, 1, 3, 3, device=values.device)
    kernel[..., 1, 1] = 5
    if min(values.shape[-2:]) < 3:
        return values
    inner = F.conv2d(values.flatten(0, 1).unsqueeze(1), kernel / 13)
    smooth = values.clone()
    smooth[..., 1:-1, 1:-1] = inner.view(*values.shape[:2], *inner.shape[-2:])
    return blend(values, smooth, 1 + 0.9 * amount)


def _posterize(values: Tensor, amount: Tensor) -> Tensor:
    """Keeps 8 to 2 of the 8 bits of each value."""
    step = torch.exp2((amount.abs() * 6).round()).view(-1, 1, 1, 1)
    return (values / step).floor() * step


def _solarize(values: Tensor, amount: Tensor) -> Tensor:
    """Turns values above a threshold into their negative; the threshold falls from 255 to 0 as the amount grows."""
    threshold = 255 * (1 - amount.abs()).view(-1, 1, 1, 1)
    return torch.where(values >= threshold, 255 - values, values)


def _autocontrast(values: Tensor, amount: Tensor) -> Tensor:
    """Stretches each channel to 0..255; a channel of one value stays."""
    low, high = values.amin(dim=(2, 3), keepdim=True), values.amax(dim=(2, 3), keepdim=True)
    stretched = (values - low) * (255 / (high - low).clamp(min=1e-6))
    return torch.where(high > low, stretched, values)


def _rotate(values: Tensor, amount: Tensor) -> Tensor:
    angle = amount * math.radians(60)
    cos, sin = angle.cos(), angle.sin()
    return _warp(values, [cos, -sin, sin, cos])


def _shear(values: Tensor, amount: Tensor) -> Tensor:
    """Along x for every second image, along y for the others."""
    one, slant = torch.ones_like(amount), amount * 0.8
    along_x = torch.arange(len(amount), device=amount.device) % 2 == 0
    zero = torch.zeros_like(amount)
    return _warp(values, [one, torch.where(along_x, slant, zero), torch.where(along_x, zero, slant), one])


def _translate(values: Tensor, amount: Tensor) -> Tensor:
    """Along both axes, by up to a quarter of the side, in directions of the image's own."""
    one, zero = torch.ones_like(amount), torch.zeros_like(amount)
    direction = torch.rand(len(amount), device=amount.device) * (2 * math.pi)
    reach = amount.abs() * 0.5  # the grid is 2 wide
    return _warp(values, [one, zero, zero, one], direction.cos() * reach, direction.sin() * reach)


def _warp(values: Tensor, linear: list[Tensor], right: Tensor | None = None, down: Tensor | None = None) -> Tensor:
    """Samples each image at linear [2, 2] (row by row, in pixels) times the place, plus an offset in grid units."""
    height, width = values.shape[-2:]
    a, b, c, d = linear
    zero = torch.zeros_like(a)
    rows = [a, b * (height / width), zero if right is None else right, c * (width / height), d, zero if down is None else down]
    return warp(values, torch.stack(rows, 1).view(-1, 2, 3))


POLICY_OPERATIONS: dict[str, Operation] = {
    "identity": _identity,
    "rotate": _rotate,
    "shear": _shear,
    "translate": _translate,
    "brightness": _brighten,
    "contrast": _contrast,
    "saturation": _saturate,
    "sharpness": _sharpen,
    "posterize": _posterize,
    "solarize": _solarize,
    "autocontrast": _autocontrast,
}
