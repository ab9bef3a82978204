"""The changes of pictures behind the probes: what each does to a picture whose answer is known."""

import pytest
import torch

from improve_harness.changes import CHANGES, COLOUR_CHANGES


def picture(height=40, width=40, channels=3):
    torch.manual_seed(0)
    return torch.randint(0, 256, (2, channels, height, width), dtype=torch.uint8)


def square(y, x, size=4, side=40):
    image = torch.zeros(1, 3, side, side, dtype=torch.uint8)
    image[..., y : y + size, x : x + size] = 200
    return image


def centre(image):
    weight = image[0, 0].float()
    y, x = torch.arange(image.shape[-2]).float(), torch.arange(image.shape[-1]).float()
    return float((weight.sum(1) * y).sum() / weight.sum()), float((weight.sum(0) * x).sum() / weight.sum())


SHAPES = [(40, 40, 3), (31, 47, 3), (28, 28, 1), (3, 2, 1), (1, 1, 3)]


@pytest.mark.parametrize(
    ("name", "shape"),
    # Changes of colour mean nothing for grey pictures.
    [(name, shape) for name in CHANGES for shape in SHAPES if shape[2] == 3 or name not in COLOUR_CHANGES],
)
def test_a_change_keeps_shape_and_type_and_is_the_same_each_time(name, shape):
    images = picture(*shape)
    before = images.clone()
    changed = CHANGES[name](images)
    assert changed.shape == images.shape and changed.dtype == torch.uint8
    assert torch.equal(changed, CHANGES[name](images)) and torch.equal(images, before)


@pytest.mark.parametrize("name", [name for name in CHANGES if name not in ("mirror", "flip-vertical", "rotate-90", "hue")])
def test_a_plain_grey_picture_without_detail_stays_plain(name):
    changed = CHANGES[name](torch.full((1, 3, 20, 20), 100, dtype=torch.uint8))
    assert changed.float().std() == 0


def test_flips_and_the_quarter_turn_move_a_corner_where_they_should():
    corner = square(2, 4)
    assert torch.equal(CHANGES["mirror"](corner), square(2, 32))
    assert torch.equal(CHANGES["flip-vertical"](corner), square(34, 4))
    assert torch.equal(CHANGES["rotate-90"](corner), square(32, 2))


def test_a_tilt_is_by_15_degrees_about_the_middle():
    y, x = centre(CHANGES["rotate-15"](square(18, 32)))  # 14 px to the right of the middle
    angle = torch.atan2(torch.tensor(19.5 - y), torch.tensor(x - 19.5)).rad2deg()
    assert abs(abs(float(angle)) - 15) < 1.5
    assert abs(((y - 19.5) ** 2 + (x - 19.5) ** 2) ** 0.5 - 14) < 0.5


def test_a_tilt_of_a_picture_that_is_not_square_keeps_distances():
    image = torch.zeros(1, 1, 40, 80, dtype=torch.uint8)
    image[..., 18:22, 68:72] = 200
    y, x = centre(CHANGES["rotate-15"](image))
    assert abs(((y - 19.5) ** 2 + (x - 39.5) ** 2) ** 0.5 - 30) < 0.7


def test_a_shift_is_by_an_eighth_of_each_side():
    assert torch.equal(CHANGES["shift"](square(10, 12)), square(15, 17))


def test_a_crop_enlarges_the_middle():
    ring = torch.full((1, 3, 40, 40), 200, dtype=torch.uint8)
    ring[..., 5:35, 5:35] = 50
    changed = CHANGES["crop"](ring)
    assert changed.max() == 50


def test_the_hue_turn_makes_red_green_and_grey_takes_colour_out():
    red = torch.zeros(1, 3, 2, 2, dtype=torch.uint8)
    red[:, 0] = 200
    assert CHANGES["hue"](red)[0, :, 0, 0].tolist() == [0, 200, 0]
    assert CHANGES["grey"](red)[0, :, 0, 0].tolist() == [60, 60, 60]


def test_brightness_is_cut_off_at_white_and_blur_spreads_a_point():
    assert CHANGES["brightness"](torch.tensor([[[[100, 250]]]], dtype=torch.uint8)).flatten().tolist() == [150, 255]
    spread = CHANGES["blur"](square(20, 20, size=1))[0, 0]
    assert 1 < spread.max() < 200 and (spread > 0).sum() > 4
