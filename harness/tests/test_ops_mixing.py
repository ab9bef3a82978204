"""Pictures mixed with others of their batch: what of each is left, and that targets say the same."""

import pytest
import torch

from improve_harness import ops

MIXES = {
    "mixup": lambda images, targets: ops.mixup(images, targets, 4, alpha=0.4),
    "cutmix": lambda images, targets: ops.cutmix(images, targets, 4, probability=0.9),
}


@pytest.mark.parametrize("name", MIXES)
def test_targets_stay_probabilities_and_each_image_has_its_own_share(name):
    torch.manual_seed(0)
    images, targets = torch.rand(64, 1, 16, 16), torch.arange(64) % 4
    mixed, soft = MIXES[name](images, targets)
    assert mixed.shape == images.shape and soft.shape == (64, 4) and soft.dtype == torch.float32
    assert torch.allclose(soft.sum(1), torch.ones(64), atol=1e-5) and soft.min() >= 0
    assert len({round(float(v), 3) for v in soft.max(1).values}) > 8


@pytest.mark.parametrize("name", MIXES)
def test_targets_that_are_mixed_already_can_be_mixed_again(name):
    mixed, soft = ops.mixup(torch.rand(32, 3, 8, 6), torch.arange(32) % 4, 4)
    again, softer = MIXES[name](mixed, soft)
    assert again.shape == (32, 3, 8, 6) and torch.allclose(softer.sum(1), torch.ones(32), atol=1e-5)


def test_the_target_of_a_cutmix_says_how_much_of_the_picture_came_from_another():
    torch.manual_seed(0)
    targets = torch.arange(50) % 2
    images = targets.view(-1, 1, 1, 1).float().expand(50, 1, 20, 12)  # every pixel is its class number
    mixed, soft = ops.cutmix(images, targets, 2, probability=1.0)
    assert torch.allclose(mixed.mean(dim=(1, 2, 3)), soft[:, 1], atol=1e-5)
    assert 0.1 < (soft.min(1).values > 0).float().mean() < 0.9  # some met their own class


def test_a_cutmix_that_never_happens_changes_nothing():
    images, targets = torch.rand(8, 1, 6, 6), torch.arange(8) % 2
    mixed, soft = ops.cutmix(images, targets, 2, probability=0.0)
    assert torch.equal(mixed, images) and torch.equal(soft.argmax(1), targets) and torch.equal(soft.max(1).values, torch.ones(8))


def test_several_holes_hide_more_than_one_and_each_is_a_square():
    torch.manual_seed(0)
    images = torch.full((200, 1, 20, 20), 9.0)
    one, four = ((ops.cutout(images, 4, 0.0, count=count) == 0).flatten(1).sum(1) for count in (1, 4))
    assert one.max() == 16 and 30 < four.float().mean() < 64 and four.max() <= 64
