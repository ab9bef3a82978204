"""A small residual net with early downsampling, for 64 to 256 px pictures trained from scratch; width set by the budget."""

import torch
from torch import nn

WIDTHS = (16, 24, 32, 48, 64)  # channels of the first stage; the next have 2, 4 and 6 times as many
EPOCHS_WANTED = 25  # passes over the data that the width must leave room for
COST_EXPONENT = 1.4  # seconds a picture grow with width to this power (measured on two cores)
REFERENCE_WIDTH = 62  # the width that costs what the machine's reference net does, pixel for pixel
PARAMETERS = 840  # of this net, times width squared
MAX_PARAMETERS_AN_IMAGE = 2_000  # beyond this a wider net learns the pictures by heart
DROPOUT = 0.2  # before the last layer


def build_model(info):
    height, width = info.input_size
    return Net(info.channels, info.class_count, choose_width(info, height * width))


def choose_width(info, pixels):
    """The widest net that still sees every picture EPOCHS_WANTED times and has a sane number of parameters for the data."""
    reference_epochs = info.train_seconds * info.reference_speed * 784 / pixels / max(1, info.train_count)
    affordable = [
        w
        for w in WIDTHS
        if reference_epochs / (w / REFERENCE_WIDTH) ** COST_EXPONENT >= EPOCHS_WANTED
        and PARAMETERS * w * w <= MAX_PARAMETERS_AN_IMAGE * info.train_count
    ]
    return max(affordable, default=WIDTHS[0])


class Net(nn.Module):
    def __init__(self, channels, classes, width):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.GELU())
        widths = [width, width * 2, width * 4, width * 6]
        self.stages = nn.Sequential(*[Stage(a, b) for a, b in zip([width, *widths[:-1]], widths, strict=True)])
        self.drop = nn.Dropout(DROPOUT)
        self.head = nn.Linear(2 * widths[-1], classes)
        nn.init.normal_(self.head.weight, std=0.01)  # a head that starts small starts at ln(classes)
        nn.init.zeros_(self.head.bias)

    def forward(self, images):
        features = self.stages(self.stem(images))
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], 1)
        return self.head(self.drop(pooled))


class Stage(nn.Module):
    """Halves the side, then refines with a residual branch."""

    def __init__(self, before, after):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1, bias=False), nn.MaxPool2d(2, ceil_mode=True), nn.BatchNorm2d(after), nn.GELU()
        )
        self.refine = nn.Sequential(nn.Conv2d(after, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.GELU())

    def forward(self, images):
        reduced = self.down(images)
        return reduced + self.refine(reduced)
