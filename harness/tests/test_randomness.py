"""Draws that a batch shares are found beside draws of each picture's own, and nothing honest is taken for them."""

from types import SimpleNamespace

import pytest
import torch

from improve_harness import ops
from improve_harness.contract import batched, per_image
from improve_harness.protocol import Failure
from improve_harness.randomness import shared_draws, telling_picture
from improve_harness.smoke import check_mixing, check_randomness

SIDE = 28


class Pictures:
    """Stands in for a store: blank pictures first, then soft blots."""

    def __init__(self, blank=0, ragged=False):
        blots = torch.rand(4, 1, 5, 5, generator=torch.Generator().manual_seed(3)) * 255
        soft = torch.nn.functional.interpolate(blots, (SIDE, SIDE), mode="bilinear")
        self.images = torch.cat([torch.full((blank, 1, SIDE, SIDE), 90), soft]).to(torch.uint8)
        self.uniform_shape = None if ragged else (SIDE, SIDE)

    def gather(self, rows):
        images = self.images[rows]
        return images if self.uniform_shape else list(images)


def fold_of(store):
    count = len(store.images)
    return SimpleNamespace(store=store, train_rows=torch.arange(count), labels=torch.zeros(count, dtype=torch.int64))


def augment(transform, images):
    return transform.apply(images) if transform.kind == "batched" else torch.stack([transform.apply(image) for image in images])


PIPELINE = SimpleNamespace(size=(SIDE, SIDE), augment=augment)


def flip_all(images, probability=0.5):
    return images.flip(-1) if torch.rand(1) < probability else images


def turned(images):
    return ops.trivial_augment(ops.random_affine(images, degrees=15, translate=0.1, scale=(0.8, 1.2)))


def rarely(images, probability):
    """Each picture is replaced by its negative with a coin of its own."""
    return torch.where(torch.rand(len(images), 1, 1, 1) < probability, 255 - images, images)


def cut(images):
    return ops.random_resized_crop(images, (SIDE, SIDE), scale=(0.4, 1.0))


HONEST = {
    "nothing": lambda images: images,
    "flip": ops.random_flip,
    "crop and flip": lambda images: ops.random_flip(ops.random_crop(images, 2)),
    "cutout of a quarter": lambda images: torch.where(
        torch.rand(len(images), 1, 1, 1) < 0.25, ops.cutout(images, 8, value=0), images
    ),
    "one in twenty": lambda images: rarely(images, 0.05),
    "one in a hundred": lambda images: rarely(images, 0.01),
    "exactly half": lambda images: torch.where((torch.randperm(len(images)) % 2 == 0).view(-1, 1, 1, 1), images.flip(-1), images),
    "turned and recoloured": turned,
    "window": cut,
    "neighbours blended by one weight": lambda images: torch.lerp(
        images.float(), images[torch.randperm(len(images))].float(), torch.rand(1)
    ),
}
SHARED = {
    "flip": flip_all,
    "flip of a quarter of the batches": lambda images: flip_all(images, 0.25),
    "flip beside a crop of each": lambda images: flip_all(ops.random_crop(images, 2)),
    "flip beside a window of each": lambda images: flip_all(cut(images)),
    "crop beside a flip of each": lambda images: ops.random_flip(images).roll(int(torch.randint(-2, 3, (1,))), -1),
    "brightness": lambda images: images * (0.5 + torch.rand(1)),
    "brightness beside all that can be done to each": lambda images: turned(images) * (0.5 + torch.rand(1)),
}


def check(apply, store=None, kind=batched):
    check_randomness(PIPELINE, kind(lambda images: apply(images).float()), fold_of(store or Pictures()))


@pytest.mark.parametrize("name", HONEST)
def test_draws_of_each_picture_are_no_finding(name):
    for seed in range(3):
        torch.manual_seed(seed)
        check(HONEST[name])


@pytest.mark.parametrize("name", SHARED)
def test_a_draw_that_a_batch_shares_is_told_with_its_remedy(name):
    for seed in range(2):
        torch.manual_seed(seed)
        with pytest.raises(
            Failure, match=r"^data\.py: train_transform draws random numbers for the whole batch: .*torch\.rand\(n\)"
        ):
            check(SHARED[name])


def test_one_round_alone_is_passed_by_chance_no_oftener_than_its_deals_allow(monkeypatch):
    monkeypatch.setattr("improve_harness.randomness.ROUNDS", 1)
    monkeypatch.setattr("improve_harness.randomness.DEALS", 19)
    torch.manual_seed(0)
    alarms = sum(shared_draws(lambda: torch.randn(8, 1, 1, 1) ** 3) is not None for _ in range(100))
    assert 0 < alarms <= 14  # one in DEALS + 1, which is 5; more than 14 by a chance of 2e-4


def test_blank_pictures_at_the_front_hide_nothing():
    store = Pictures(blank=3)
    assert int(telling_picture(store, torch.arange(7))) >= 3
    with pytest.raises(Failure, match="whole batch"):
        check(flip_all, store)


def test_the_picture_looked_at_is_the_one_that_mirrors_change_most():
    store = Pictures(blank=1)
    store.images[1] = torch.arange(SIDE).view(-1, 1)
    store.images[2] = store.images[3] // 2
    assert telling_picture(store, torch.tensor([0, 1, 2, 3])).tolist() == [3]
    assert telling_picture(store, torch.tensor([0, 1])).tolist() == [1]
    assert telling_picture(store, torch.tensor([0])).tolist() == [0]


def test_lists_of_pictures_of_many_sizes_are_looked_at_too():
    with pytest.raises(Failure, match="whole batch"):
        check(lambda images: flip_all(torch.stack(images)), Pictures(ragged=True))
    check(lambda images: ops.random_flip(torch.stack(images)), Pictures(ragged=True))


def test_a_transform_of_single_pictures_draws_for_each_by_nature():
    check(flip_all, kind=per_image)


def batches_with(mix):
    return SimpleNamespace(fold=fold_of(Pictures()), mix=mix, pipeline=PIPELINE, transform=batched(lambda images: images.float()))


def mixed_by_one_weight(images, targets):
    weight, other = torch.rand(1), torch.randperm(len(images))
    soft = torch.nn.functional.one_hot(targets, 2).float()
    return images * weight + images[other] * (1 - weight), soft * weight + soft[other] * (1 - weight)


def pasted_small(images, targets):
    """ResizeMix by one box for the batch: no slip, papers do so."""
    left = int(torch.randint(0, SIDE // 2, (1,)))
    images[..., : SIDE // 2, left : left + SIDE // 2] = images[torch.randperm(len(images)), :, ::2, ::2]
    return images, targets


MIXING = {
    "none": None,
    "mixup": lambda images, targets: ops.mixup(images, targets, 2),
    "cutmix": lambda images, targets: ops.cutmix(images, targets, 2),
    "mixup by one weight": mixed_by_one_weight,
    "pictures pasted small": pasted_small,
    "flip of each, and mixup in half of the batches": lambda images, targets: (
        ops.mixup(ops.random_flip(images), targets, 2) if torch.rand(1) < 0.5 else (ops.random_flip(images), targets)
    ),
}


@pytest.mark.parametrize("name", MIXING)
def test_mixing_by_one_draw_for_the_batch_is_no_finding(name):
    torch.manual_seed(0)
    check_mixing(batches_with(MIXING[name]))


def test_a_batch_transform_that_mirrors_whole_batches_is_told():
    torch.manual_seed(0)
    with pytest.raises(Failure, match=r"^data\.py: batch_transform draws random numbers for the whole batch: "):
        check_mixing(batches_with(lambda images, targets: ops.mixup(flip_all(images), targets, 2)))
