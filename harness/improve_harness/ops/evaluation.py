"""Values put on a common footing, from pixel values 0..255 to a spread of about 1, and the transform of prediction. No randomness."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .sizes import SIZE, fit_batch, pair

STRETCH_SAMPLES = 1024  # pixels a picture from which its darkest and lightest are found; enough for 2 %
STRETCH_SHARE = 0.02  # of the pixels that lie beyond either end: specks and frames do not set the scale


def normalize(images: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """uint8 (or float 0..255) [n, C, h, w] -> float32 with the given mean and standard deviation (of 0..1 values) taken out."""
    scale = torch.tensor([1 / (255 * max(s, 1e-6)) for s in std], device=images.device).view(1, -1, 1, 1)
    shift = torch.tensor([m / max(s, 1e-6) for m, s in zip(mean, std, strict=True)], device=images.device).view(1, -1, 1, 1)
    return images.float() * scale - shift


def standardize(images: Tensor) -> Tensor:
    """Values 0..255 [n, C, h, w] -> float32 with each image's own mean and standard deviation (over all channels) taken out.

    Brightness and contrast of a picture no longer matter, its colours do. A picture of one value becomes zero.
    """
    values = images.float()
    centred = values - values.mean(dim=(1, 2, 3), keepdim=True)
    deviation = centred.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return centred / deviation.clamp(min=1.0)


def stretch(images: Tensor) -> Tensor:
    """Values 0..255 [n, C, h, w] -> float32 -2..2: from each image's darkest to its lightest pixels, 2 % left out at either end.

    The ends are found on a grid of at most 1,024 pixels over all channels alike, so colours stay.
    """
    values = images.float()
    height, width = values.shape[-2:]
    step = max(1, math.ceil(math.sqrt(height * width / STRETCH_SAMPLES)))
    brightness = values[..., ::step, ::step].mean(1).flatten(1)
    beyond = max(1, int(STRETCH_SHARE * brightness.shape[1]))
    light = brightness.topk(beyond, dim=1).values[:, -1].view(-1, 1, 1, 1)
    dark = brightness.topk(beyond, dim=1, largest=False).values[:, -1].view(-1, 1, 1, 1)
    return ((values - dark) / (light - dark).clamp(min=1.0)).clamp(0, 1) * 4 - 2


class EvalTransform(nn.Module):
    """uint8 [n, C, h, w] of any size -> float32 [n, C, H, W]: fit, then normalise. Has the form that can be exported with a model.

    Normalises with `mean` and `std` (of 0..1 values, per channel), or by `values`: `standardize` or `stretch`.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        size: SIZE,
        mean: Sequence[float] = (0.0,),
        std: Sequence[float] = (1.0,),
        how: str = "squash",
        values: Callable[[Tensor], Tensor] | None = None,
    ):
        super().__init__()
        self.size, self.how, self.values = pair(size), how, values
        self.register_buffer("mean", torch.tensor(list(mean)).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor([max(s, 1e-6) for s in std]).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        fitted = fit_batch(images, *self.size, self.how)
        if self.values is not None:
            return self.values(fitted)
        return (fitted.float() / 255 - self.mean) / self.std
