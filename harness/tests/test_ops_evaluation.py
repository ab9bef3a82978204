"""Values put on a common footing, and the deterministic views: the same alone as in a batch, and in the form that can be exported."""

import pytest
import torch

from improve_harness import ops


def pictures(channels: int = 3) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randint(20, 120, (5, channels, 24, 30), dtype=torch.uint8)


def test_a_standardised_picture_has_mean_0_and_deviation_1_and_forgets_its_light():
    images = pictures()
    result = ops.standardize(images)
    assert torch.allclose(result.mean(dim=(1, 2, 3)), torch.zeros(5), atol=1e-4)
    assert torch.allclose(result.std(dim=(1, 2, 3)), torch.ones(5), atol=1e-2)
    assert torch.allclose(ops.standardize(images.float() * 1.7 + 20), result, atol=1e-3)


def test_a_stretched_picture_runs_from_end_to_end_whatever_its_light():
    images = pictures(1)
    result = ops.stretch(images)
    assert result.min() == -2 and result.max() == 2
    assert torch.allclose(ops.stretch(images.float() * 1.7 + 20), result, atol=1e-3)


def test_a_few_specks_do_not_set_the_scale_of_a_stretch():
    images = pictures(1)
    specks = images.clone()
    specks[:, :, 0, :10] = 255
    assert (ops.stretch(specks)[:, :, 1:] - ops.stretch(images)[:, :, 1:]).abs().max() < 0.5


@pytest.mark.parametrize("values", [ops.standardize, ops.stretch])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_of_one_value_stays_finite(values, channels):
    assert torch.isfinite(values(torch.full((2, channels, 5, 5), 9, dtype=torch.uint8))).all()


@pytest.mark.parametrize("values", [None, ops.standardize, ops.stretch])
@pytest.mark.parametrize("how", ["squash", "pad", "crop"])
def test_the_evaluation_transform_sees_a_picture_alone_as_in_a_batch(values, how):
    transform = ops.EvalTransform((16, 12), (0.5,) * 3, (0.2,) * 3, how=how, values=values)
    together = transform(pictures())
    alone = torch.cat([transform(image.unsqueeze(0)) for image in pictures()])
    assert together.shape == (5, 3, 16, 12) and torch.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("values", [None, ops.standardize, ops.stretch])
def test_the_evaluation_transform_can_be_exported(values):
    transform = ops.EvalTransform((16, 12), (0.5,) * 3, (0.2,) * 3, values=values)
    exported = torch.export.export(transform, (pictures(),), dynamic_shapes=({0: torch.export.Dim("n", min=1, max=64)},))
    more = torch.cat([pictures(), pictures()])
    assert torch.allclose(exported.module()(more), transform(more), atol=1e-5)


def test_a_shift_repeats_the_border_and_a_zoom_keeps_the_middle():
    images = torch.arange(20.0).view(1, 1, 4, 5)
    moved = ops.shift(images, down=1, right=-2)
    assert torch.equal(moved[0, 0, 1], torch.tensor([2.0, 3.0, 4.0, 4.0, 4.0])) and torch.equal(moved[0, 0, 0], moved[0, 0, 1])
    dot = torch.zeros(1, 1, 9, 9)
    dot[..., 4, 4] = 1
    assert ops.zoom(dot, 1.5).shape == dot.shape and ops.zoom(dot, 1.5).argmax() == dot.argmax()
    assert torch.equal(ops.zoom(images, 1.0), images)
