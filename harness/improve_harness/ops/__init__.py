"""Batched image operations in which every image of a batch draws its own random numbers.

| takes | gives | operations |
|---|---|---|
| uint8 [n, C, h, w], or a list of [C, h, w] where sizes differ | uint8 [n, C, H, W] | fit, random_resized_crop |
| uint8 or float [n, C, h, w] | the same dtype | random_flip, random_flip_vertical, random_quarter_turns, random_crop, cutout, shift, zoom |
| the same, values 0..255 | float32, 0..255 | random_affine, color_jitter, random_gray, random_blur, random_noise, trivial_augment |
| the same, values 0..255 | float32, spread about 1 | normalize, standardize, stretch; EvalTransform |
| a batch and its targets | float32 batch and targets | mixup, cutmix |

Randomness comes from torch's global generators, which the harness seeds. Results stay on the device of the images.
"""

from .evaluation import EvalTransform, normalize, standardize, stretch
from .geometry import random_affine, random_crop, random_flip, random_flip_vertical, random_quarter_turns, shift, zoom
from .mixing import cutmix, cutout, mixup
from .policy import POLICY_OPERATIONS, trivial_augment
from .sizes import fit, random_resized_crop
from .tones import color_jitter, random_blur, random_gray, random_noise

__all__ = [
    "POLICY_OPERATIONS",
    "EvalTransform",
    "color_jitter",
    "cutmix",
    "cutout",
    "fit",
    "mixup",
    "normalize",
    "random_affine",
    "random_blur",
    "random_crop",
    "random_flip",
    "random_flip_vertical",
    "random_gray",
    "random_noise",
    "random_quarter_turns",
    "random_resized_crop",
    "shift",
    "standardize",
    "stretch",
    "trivial_augment",
    "zoom",
]
