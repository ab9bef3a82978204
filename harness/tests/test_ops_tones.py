"""Light, colour, sharpness, noise: equal to torchvision's single-image result where the draw is known, and within 0..255."""

import pytest
import torch
from torchvision_or_skip import functional as TF

from improve_harness import ops
from improve_harness.ops import policy, tones


def pictures(n: int = 6, channels: int = 3, height: int = 13, width: int = 10) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randint(30, 200, (n, channels, height, width)).float()


def one_by_one(function, images: torch.Tensor) -> torch.Tensor:
    """torchvision's result on each picture alone, as float of 0..1 and back."""
    return torch.stack([function(image / 255) * 255 for image in images])


@pytest.fixture
def upper_limit(monkeypatch):
    """Every uniform draw is as large as it can be."""
    monkeypatch.setattr(torch, "rand", lambda n, **_: torch.full((n,), 1.0 - 1e-7))


@pytest.mark.parametrize("channels", [1, 3])
def test_brightness_equals_torchvision(upper_limit, channels):
    images = pictures(channels=channels)
    assert torch.allclose(
        ops.color_jitter(images, brightness=0.2), one_by_one(lambda x: TF.adjust_brightness(x, 1.2), images), atol=0.1
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_contrast_equals_torchvision(upper_limit, channels):
    images = pictures(channels=channels)
    assert torch.allclose(
        ops.color_jitter(images, contrast=0.3), one_by_one(lambda x: TF.adjust_contrast(x, 1.3), images), atol=0.1
    )


def test_brightness_then_contrast_equals_torchvision_in_that_order(upper_limit):
    images = pictures()
    expected = one_by_one(lambda x: TF.adjust_contrast(TF.adjust_brightness(x, 1.1), 1.2), images)
    assert torch.allclose(ops.color_jitter(images, brightness=0.1, contrast=0.2), expected, atol=0.2)


def test_saturation_equals_torchvision(upper_limit):
    images = pictures()
    expected = one_by_one(lambda x: TF.adjust_saturation(x, 1.4), images)
    assert torch.allclose(ops.color_jitter(images, saturation=0.4), expected, atol=0.3)


def test_taking_the_colour_out_equals_torchvision():
    images = pictures()
    expected = one_by_one(lambda x: TF.rgb_to_grayscale(x, num_output_channels=3), images)
    assert torch.allclose(ops.random_gray(images, 1.0), expected, atol=0.1)
    assert torch.equal(ops.random_gray(pictures(channels=1), 1.0), pictures(channels=1))


def test_a_blur_equals_torchvision():
    images = pictures()
    expected = one_by_one(lambda x: TF.gaussian_blur(x, kernel_size=[5, 5], sigma=[1.2, 1.2]), images)
    assert torch.allclose(tones.gaussian_blur(images, torch.full((len(images),), 1.2), radius=2), expected, atol=0.05)


def test_a_blur_of_a_picture_of_one_pixel_leaves_it():
    assert torch.equal(ops.random_blur(torch.full((3, 1, 1, 1), 7.0), 2.0, 1.0), torch.full((3, 1, 1, 1), 7.0))


@pytest.mark.parametrize("name", ["posterize", "solarize", "autocontrast", "sharpness"])
def test_operations_of_the_policy_equal_torchvision(name):
    images = pictures()
    amount = torch.full((len(images),), 0.5)
    single = {
        "posterize": lambda x: TF.posterize((x * 255).round().byte(), bits=5).float() / 255,
        "solarize": lambda x: TF.solarize(x, threshold=127.5 / 255),
        "autocontrast": TF.autocontrast,
        "sharpness": lambda x: TF.adjust_sharpness(x, 1.45),
    }
    result = policy.POLICY_OPERATIONS[name](images, amount)
    assert torch.allclose(result, one_by_one(single[name], images), atol=0.1)


def test_a_quarter_turn_and_a_vertical_mirror_equal_torchvision(monkeypatch):
    images = pictures(height=10).byte()
    assert torch.equal(ops.random_flip_vertical(images, 1.0), torch.stack([TF.vertical_flip(image) for image in images]))
    monkeypatch.setattr(torch, "randint", lambda low, high, size, **_: torch.ones(size, dtype=torch.int64))
    assert torch.equal(ops.random_quarter_turns(images), torch.stack([TF.rotate(image, 90) for image in images]))


def test_quarter_turns_of_pictures_that_are_not_square_say_what_to_do():
    with pytest.raises(ValueError, match="13 x 10; make IMAGE_SIZE square"):
        ops.random_quarter_turns(pictures())


def test_a_turn_of_the_hue_keeps_brightness_and_greys():
    images = pictures()
    grey = images.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    assert torch.allclose(ops.color_jitter(grey, hue=0.5), grey, atol=0.1)
    mild = 128 + (images - 128) / 8  # so that nothing is clamped
    turned = ops.color_jitter(mild, hue=0.5)
    assert torch.allclose(tones.brightness_of(turned), tones.brightness_of(mild), atol=0.1)
    assert (turned - mild).abs().amax(dim=(1, 2, 3)).median() > 2


CHANGES = {
    "jitter": lambda x: ops.color_jitter(x, 0.9, 0.9, 0.9, 0.5),
    "grey": lambda x: ops.random_gray(x, 0.5),
    "blur": lambda x: ops.random_blur(x, 2.0, 0.5),
    "noise": lambda x: ops.random_noise(x, 200),
    "policy": lambda x: ops.trivial_augment(x, strength=1.0),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("shape", [(40, 1, 9, 12), (40, 3, 12, 9), (1, 3, 1, 1)])
def test_values_stay_within_0_and_255(name, shape):
    torch.manual_seed(1)
    images = torch.randint(0, 256, shape, dtype=torch.uint8)
    before = images.clone()
    changed = CHANGES[name](images)
    assert changed.shape == images.shape and changed.dtype == torch.float32
    assert changed.min() >= 0 and changed.max() <= 255 + 1e-3 and torch.equal(images, before)


def test_every_operation_of_the_policy_changes_a_picture_except_identity():
    images = pictures(height=16, width=16)
    amount = torch.full((len(images),), 0.5)
    same = [name for name, apply in policy.POLICY_OPERATIONS.items() if torch.allclose(apply(images, amount), images, atol=0.5)]
    assert same == ["identity"]


def test_a_policy_draws_only_from_the_list_it_is_given_and_refuses_unknown_names():
    images = pictures(40)
    assert torch.equal(ops.trivial_augment(images, ["identity"]), images)
    with pytest.raises(ValueError, match=r"melt.*choose from identity, rotate"):
        ops.trivial_augment(images, ["melt"])
