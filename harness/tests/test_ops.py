"""Batched operations: each image draws its own numbers, shapes and values are what they claim. Not covered: CUDA."""

import math

import pytest
import torch
from torchvision_or_skip import functional as TF

from improve_harness import ops


def copies(n: int = 64, side: int = 12, channels: int = 1) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randint(0, 256, (1, channels, side, side), dtype=torch.uint8).repeat(n, 1, 1, 1)


RANDOM = {
    "flip": lambda x: ops.random_flip(x),
    "crop": lambda x: ops.random_crop(x, 2),
    "cutout": lambda x: ops.cutout(x, 4),
    "affine": lambda x: ops.random_affine(x, degrees=15, translate=0.1, scale=(0.8, 1.2), shear=5),
    "resized crop": lambda x: ops.random_resized_crop(x, 8),
    "flip vertical": lambda x: ops.random_flip_vertical(x),
    "quarter turns": lambda x: ops.random_quarter_turns(x),
    "holes": lambda x: ops.cutout(x, 2, 0, count=3),
    "light": lambda x: ops.color_jitter(x, 0.3, 0.3),
    "colour": lambda x: ops.color_jitter(torch.cat([x, 255 - x, x // 2], 1), saturation=0.5, hue=0.1),
    "grey": lambda x: ops.random_gray(torch.cat([x, 255 - x, x // 2], 1), 0.5),
    "blur": lambda x: ops.random_blur(x, 1.5, 0.9),
    "noise": lambda x: ops.random_noise(x, 20),
    "policy": lambda x: ops.trivial_augment(x),
}
TWO_WAYS = ("flip", "flip vertical", "grey")


@pytest.mark.parametrize("name", RANDOM)
def test_every_image_of_a_batch_draws_its_own_random_numbers(name):
    torch.manual_seed(1)
    result = RANDOM[name](copies())
    distinct = {image.numpy().tobytes() for image in result}
    assert len(distinct) >= (2 if name in TWO_WAYS else 4 if name == "quarter turns" else 8)


@pytest.mark.parametrize("name", RANDOM)
def test_the_same_seed_gives_the_same_batch(name):
    torch.manual_seed(3)
    first = RANDOM[name](copies())
    torch.manual_seed(3)
    assert torch.equal(first, RANDOM[name](copies()))


@pytest.mark.parametrize("name", RANDOM)
def test_a_batch_of_one_works_whatever_it_draws(name):
    torch.manual_seed(0)
    assert all(len(RANDOM[name](copies(1))) == 1 for _ in range(12))


def test_a_crop_is_a_window_of_the_padded_picture():
    torch.manual_seed(0)
    images = torch.randint(1, 256, (40, 3, 10, 10), dtype=torch.uint8)
    cropped = ops.random_crop(images, 2, fill="zero")
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2))
    for image, window in zip(padded, cropped, strict=True):
        places = [(i, j) for i in range(5) for j in range(5) if torch.equal(image[:, i : i + 10, j : j + 10], window)]
        assert places


def test_a_crop_of_a_picture_smaller_than_its_padding_still_works():
    assert ops.random_crop(copies(4, side=2), 3).shape == (4, 1, 2, 2)


def test_a_flip_with_certainty_equals_the_single_image_mirror():
    images = torch.randint(0, 256, (5, 3, 6, 7), dtype=torch.uint8)
    assert torch.equal(ops.random_flip(images, 1.0), torch.stack([TF.hflip(image) for image in images]))


def test_a_cutout_covers_a_square_and_nothing_else():
    images = torch.full((50, 1, 16, 16), 200, dtype=torch.uint8)
    holes = (ops.cutout(images, 4, value=0) == 0).flatten(1).sum(1)
    assert holes.max() == 16 and holes.min() >= 4  # at a corner a quarter is left


@pytest.mark.parametrize("angle", [90.0])
def test_a_quarter_turn_equals_the_single_image_rotation(angle, monkeypatch):
    image = torch.rand(1, 1, 9, 9) * 255
    monkeypatch.setattr(torch, "rand", lambda n, **_: torch.ones(n))  # every draw at its upper limit
    turned = ops.random_affine(image, degrees=angle)
    expected = [torch.rot90(image, k, (2, 3)) for k in (1, -1)]
    assert any(torch.allclose(turned, candidate, atol=1e-2) for candidate in expected)


def test_a_rotation_of_a_wide_picture_keeps_circles_round():
    y, x = torch.meshgrid(torch.arange(40.0), torch.arange(80.0), indexing="ij")
    disc = (((y - 19.5) ** 2 + (x - 39.5) ** 2) < 100).float()[None, None] * 255
    torch.manual_seed(0)
    turned = ops.random_affine(disc.repeat(16, 1, 1, 1), degrees=90)
    assert ((turned - disc).abs() > 128).float().mean() < 0.01


def test_affine_with_no_range_is_the_identity():
    images = torch.randint(0, 256, (4, 3, 11, 7), dtype=torch.uint8)
    assert torch.allclose(ops.random_affine(images), images.float(), atol=1e-2)


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
def test_fit_gives_the_size_asked_for_a_tensor_and_for_a_list(how):
    shapes = [(5, 9), (30, 10), (1, 1), (64, 48)]
    pictures = [torch.randint(0, 256, (3, *shape), dtype=torch.uint8) for shape in shapes]
    assert ops.fit(pictures, (12, 16), how).shape == (4, 3, 12, 16)
    assert ops.fit(pictures[1].unsqueeze(0), (12, 16), how).shape == (1, 3, 12, 16)


def test_fit_by_crop_keeps_the_middle_and_by_pad_keeps_everything():
    picture = torch.zeros(1, 1, 8, 24, dtype=torch.uint8)
    picture[..., :8] = 255  # left third
    assert ops.fit(picture, 8, "crop").max() == 0
    assert ops.fit(picture, 24, "pad").float().mean() > 20


def test_the_evaluation_transform_equals_fit_and_normalise():
    images = torch.randint(0, 256, (3, 3, 20, 30), dtype=torch.uint8)
    transform = ops.EvalTransform((10, 12), mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.1))
    by_hand = ops.normalize(ops.fit(images, (10, 12)), (0.5, 0.4, 0.3), (0.2, 0.3, 0.1))
    assert torch.allclose(transform(images), by_hand, atol=1e-4)


def test_an_unknown_fit_names_the_choices():
    with pytest.raises(ValueError, match="squash"):
        ops.fit(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), 8, "stretch")


def test_a_resized_crop_of_pixel_sized_pictures_works():
    assert ops.random_resized_crop([torch.zeros(1, 1, 1, dtype=torch.uint8)] * 3, (8, 6)).shape == (3, 1, 8, 6)
    assert math.isfinite(float(ops.random_resized_crop(copies(8), (8, 6)).float().mean()))
