"""A small convolutional net in the shape of the small-image speed records, its width set by the budget.

Three stages of conv - pool - norm - act, conv - norm - act, then the maximum over places and a linear layer.
"""

import math

from torch import nn

STEMS = (4, 6, 8, 10, 12, 16, 24, 32, 48)  # channels of the stem
HALVED_SIDE = 40  # px; above, the stem halves the picture first: what is seen at full size costs four times as much
STAGES = (2, 6, 12)  # channels of the stages, as multiples of the stem: few where the picture is large, many where it is small
BASE_COST = 0.46  # times the machine's reference net, for BASE_SAMPLES: the stem of 8 channels at 28 px, 0.16 M parameters
BASE_SAMPLES = 165_000  # pictures that the reference net could be trained on in the budget; about a minute on two cores
COST_EXPONENT = 0.4  # of a larger budget this part (in ratio) buys width, the rest buys passes, which are worth more
REFERENCE_MULTIPLY_ADDS = 14.7e6  # a forward pass of the machine's reference net on one 28 px picture
MAX_PARAMETERS_AN_IMAGE = 2_000  # beyond this a wider net learns the pictures by heart and costs for nothing


def build_model(info):
    return Net(info.channels, info.class_count, choose_stem(info), info.input_size)


def choose_stem(info):
    """The widest stem whose cost leaves passes enough within the budget, and whose parameters the data can fill."""
    samples = info.train_seconds * info.reference_speed
    allowed = 1.1 * BASE_COST * (samples / BASE_SAMPLES) ** COST_EXPONENT
    fitting = []
    for stem in STEMS:
        multiply_adds, parameters = cost(stem, info.channels, info.input_size)
        if multiply_adds / REFERENCE_MULTIPLY_ADDS <= allowed and parameters <= MAX_PARAMETERS_AN_IMAGE * info.train_count:
            fitting.append(stem)
    return max(fitting, default=STEMS[0])


def cost(stem, channels, size):
    """(multiply-adds of a forward pass on one picture, parameters), convolutions only."""
    side, pixels = after_stem(size)
    pools = count_pools(side)
    multiply_adds, parameters, before = 16 * channels * stem * pixels, 16 * channels * stem, stem
    for index, multiple in enumerate(STAGES):
        after = round(stem * multiple)
        multiply_adds += 9 * before * after * pixels
        pixels = pixels / 4 if index < pools else pixels
        multiply_adds += 9 * after * after * pixels
        parameters += 9 * (before + after) * after
        before = after
    return multiply_adds, parameters


def after_stem(size):
    """(short side, pixels) of what the stem gives."""
    halved = 2 if min(size) > HALVED_SIDE else 1
    return min(size) // halved, (size[0] // halved) * (size[1] // halved)


def count_pools(side):
    """Halvings that leave at least 3 px."""
    return min(3, int(math.log2(max(1, side / 3))))


class Net(nn.Module):
    def __init__(self, channels, classes, stem, size):
        super().__init__()
        kernel, stride = (4, 2) if min(size) > HALVED_SIDE else (3, 1)
        self.stem = nn.Sequential(nn.Conv2d(channels, stem, kernel, stride, padding=1, bias=False), nn.BatchNorm2d(stem), nn.ReLU())
        before, stages, pools = stem, [], count_pools(after_stem(size)[0])
        for index, multiple in enumerate(STAGES):
            after = round(stem * multiple)
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
        nn.ReLU(),
        nn.Conv2d(after, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers)
