"""A small convolutional net in the shape of the small-image speed records, its width set by the budget.

Three stages of conv - pool - norm - act, conv - norm - act, then the maximum over places and a linear layer.
"""

import math

from torch import nn

WIDTHS = (8, 12, 16, 24, 32, 48, 64)  # channels of the stem
STAGES = (1.5, 4, 6)  # channels of the stages, as multiples of the stem: few where the picture is large, many where it is small
BASE_WIDTH = 16  # 0.2 M parameters: the width for BASE_PASSES
BASE_PASSES = 3.6  # passes over the data that the machine's reference net could make; about a minute for 50,000 grey 28 px pictures
COST_EXPONENT = 1.6  # seconds a picture grow with width to this power (measured on two cores)
PARAMETERS = 780  # of this net, times width squared
MAX_PARAMETERS_AN_IMAGE = 2_000  # beyond this a wider net learns the pictures by heart and costs for nothing


def build_model(info):
    height, width = info.input_size
    return Net(info.channels, info.class_count, choose_width(info, height * width), pools=count_pools(min(height, width)))


def choose_width(info, pixels):
    """Of a larger budget half (in ratio) buys width and half buys passes; never more parameters than the data can fill."""
    passes = info.train_seconds * info.reference_speed * 784 / pixels / max(1, info.train_count)
    cost = math.sqrt(passes / BASE_PASSES)
    affordable = [
        w
        for w in WIDTHS
        if (w / BASE_WIDTH) ** COST_EXPONENT <= 1.1 * cost and PARAMETERS * w * w <= MAX_PARAMETERS_AN_IMAGE * info.train_count
    ]
    return max(affordable, default=WIDTHS[0])


def count_pools(side):
    """Halvings that leave at least 3 px."""
    return max(1, min(3, int(math.log2(max(2, side / 3)))))


class Net(nn.Module):
    def __init__(self, channels, classes, width, pools):
        super().__init__()
        widths = [round(width * multiple) for multiple in STAGES]
        self.stem = nn.Sequential(nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.GELU())
        before, stages = width, []
        for index, after in enumerate(widths):
            stages.append(stage(before, after, pool=index < pools))
            before = after
        self.stages = nn.Sequential(*stages)
        self.head = nn.Linear(before, classes)
        nn.init.normal_(self.head.weight, std=0.01)  # a head that starts small starts at ln(classes)
        nn.init.zeros_(self.head.bias)

    def forward(self, images):
        return self.head(self.stages(self.stem(images)).amax(dim=(2, 3)))


def stage(before, after, pool):
    layers: list[nn.Module] = [nn.Conv2d(before, after, 3, padding=1, bias=False)]
    if pool:
        layers.append(nn.MaxPool2d(2))
    layers += [
        nn.BatchNorm2d(after),
        nn.GELU(),
        nn.Conv2d(after, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.GELU(),
    ]
    return nn.Sequential(*layers)
