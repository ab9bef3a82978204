import { expect, test } from 'vitest'
import { makeBrief } from '../../../tests/support/playbook-brief.ts'
import { fitWidth } from './model-cost.ts'
import { photoDesign, smallDesign, tutorialDesign } from './model-design.ts'
import type { StagedDesign } from './model-design.ts'
import { renderModel } from './render-model.ts'

/** Everything that a design can have beside the plain blocks, at once. */
const RICH: StagedDesign = {
  ...photoDesign(),
  stem: { width: 24, kernel: 4, stride: 2, isWhitened: true },
  hasCoordinates: true,
  hasEdges: true,
  blocks: [0, 1, 1, 2],
  halvings: 3,
  halving: 'blur',
  block: 'inverted',
  stochasticDepth: 0.1,
  norm: 'group',
  hasSqueezeExcitation: true,
  isMultiScale: true,
  hidden: 128,
  isCosine: true,
  why: { block: 'mixing channels again and again is what costs', dropout: 'train accuracy is 12 points above dev' },
}

test('the default for small pictures reads as written by hand', () => {
  const brief = makeBrief([28, 28], { trainSeconds: 65, trainCount: 46_500 })
  expect(renderModel(fitWidth(smallDesign([28, 28]), brief))).toMatchInlineSnapshot(`
    """"A convolutional net in the shape of the small-image speed records: three stages, each halves the picture and refines, then a
    pooled head.
    """

    from itertools import pairwise

    from torch import nn

    STEM = 8  # channels of the first convolution, at full size
    # channels of the stages: few where the picture is large, many where it is small; as wide as 65 s of training on 46,500 pictures can
    # afford
    STAGES = (16, 48, 96)


    def build_model(info):
        return Net(info.channels, info.class_count)


    class Net(nn.Module):
        def __init__(self, channels, classes):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(channels, STEM, 3, padding=1, bias=False), nn.BatchNorm2d(STEM), nn.ReLU())
            self.stages = nn.Sequential(*[stage(before, after) for before, after in pairwise((STEM, *STAGES))])
            self.head = nn.Linear(STAGES[-1], classes)
            nn.init.normal_(self.head.weight, std=0.01)  # a head that starts small starts at ln(classes)
            nn.init.zeros_(self.head.bias)

        def forward(self, images):
            features = self.stages(self.stem(images))
            return self.head(features.amax(dim=(2, 3)))


    def stage(before, after):
        """Widens and halves, then refines at the new size."""
        return nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        )
    "
  `)
})

test('the default for photos reads as written by hand', () => {
  expect(renderModel(photoDesign())).toMatchInlineSnapshot(`
    """"A small residual net: four stages, each halves the picture and refines, then a pooled head."""

    from itertools import pairwise

    import torch
    from torch import nn

    STEM = 24  # channels of the first convolution, which halves the picture
    STAGES = (24, 48, 96, 144)  # channels of the stages: few where the picture is large, many where it is small
    DROPOUT = 0.2  # share of the features before the last layer, in training


    def build_model(info):
        return Net(info.channels, info.class_count)


    class Net(nn.Module):
        def __init__(self, channels, classes):
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(channels, STEM, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(STEM), nn.GELU())
            self.stages = nn.Sequential(*[stage(before, after) for before, after in pairwise((STEM, *STAGES))])
            self.drop = nn.Dropout(DROPOUT)
            self.head = nn.Linear(2 * STAGES[-1], classes)
            nn.init.normal_(self.head.weight, std=0.01)  # a head that starts small starts at ln(classes)
            nn.init.zeros_(self.head.bias)

        def forward(self, images):
            features = self.stages(self.stem(images))
            return self.head(self.drop(pool(features)))


    def stage(before, after):
        """Widens and halves, then refines at the new size."""
        return nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1, bias=False),
            nn.MaxPool2d(2, ceil_mode=True),
            nn.BatchNorm2d(after),
            nn.GELU(),
            Refine(after),
        )


    class Refine(nn.Module):
        """Adds a refined view to what it is given."""

        def __init__(self, width):
            super().__init__()
            self.branch = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.GELU())

        def forward(self, features):
            return features + self.branch(features)


    def pool(features):
        """Each channel's mean and maximum over the picture."""
        return torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], 1)
    "
  `)
})

test('the tutorial net is plain', () => {
  expect(renderModel(tutorialDesign([28, 28]))).toMatchInlineSnapshot(`
    """"The net of many tutorials: convolution, ReLU and pool, three times, then two fully connected layers."""

    from torch import nn

    CHANNELS = (32, 64, 128)  # of the convolutions
    HIDDEN = 128  # units of the fully connected layer


    def build_model(info):
        height, width = info.input_size
        before, layers = info.channels, []
        for after in CHANNELS:
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            before, height, width = after, height // 2, width // 2
        layers += [nn.Flatten(), nn.Linear(before * height * width, HIDDEN), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(HIDDEN, info.class_count))
    "
  `)
})

test('a design with everything at once keeps each part in a definition of its own', () => {
  expect(renderModel(RICH)).toMatchInlineSnapshot(`
    """"A residual net of depthwise convolutions: four stages, each widens and refines, then a pooled head."""

    import torch
    import torch.nn.functional as F
    from torch import nn

    STEM = 24  # channels of the first convolution, which halves the picture
    PATCH = 4  # px, side of the patches that are whitened
    NOISE = 0.01  # share of the mean variance added to each: weak directions are mostly noise
    STAGES = (24, 48, 96, 144)  # channels of the stages: few where the picture is large, many where it is small
    BLOCKS = (0, 1, 1, 2)  # refining blocks of each stage
    HALVINGS = 3  # stages that halve the picture, the first ones
    GROUPS = 8  # channels are normalised in this many groups
    EXPANSION = 3  # hidden channels of a block as a multiple of its own
    STOCHASTIC_DEPTH = 0.1  # share of pictures that skip a branch in training
    HIDDEN = 128  # units of the hidden layer
    DROPOUT = 0.2  # share of the hidden units in training; train accuracy is 12 points above dev
    SCALE = 16  # of the cosines, so that a right one can reach a probability near 1


    def build_model(info):
        return Net(info.channels, info.class_count)


    class Net(nn.Module):
        def __init__(self, channels, classes):
            super().__init__()
            seen = channels + 5  # the picture and its places and edges
            self.stem = nn.Sequential(
                Whitening(seen),
                nn.Conv2d(seen * PATCH**2, STEM, 1, bias=False),
                nn.GroupNorm(GROUPS, STEM),
                nn.GELU(),
            )
            before, stages = STEM, []
            for index, after in enumerate(STAGES):
                stages.append(stage(before, after, halve=index < HALVINGS, blocks=BLOCKS[index]))
                before = after
            self.stages = nn.Sequential(*stages)
            self.hidden = nn.Sequential(nn.Linear(2 * (STAGES[-2] + STAGES[-1]), HIDDEN), nn.GELU())
            self.drop = nn.Dropout(DROPOUT)
            self.head = CosineHead(HIDDEN, classes)

        def forward(self, images):
            # the head sees the last two stages
            earlier = self.stages[:-1](self.stem(with_places(with_edges(images))))
            last = self.stages[-1](earlier)
            features = torch.cat([pool(earlier), pool(last)], 1)
            return self.head(self.drop(self.hidden(features)))


    def stage(before, after, halve, blocks):
        """Widens and halves, then refines at the new size; depthwise and 1 x 1 in the place of a full convolution."""
        return nn.Sequential(
            nn.Conv2d(before, before, 3, padding=1, groups=before, bias=False),
            nn.Conv2d(before, after, 1, bias=False),
            blurred_pool() if halve else nn.Identity(),
            nn.GroupNorm(GROUPS, after),
            nn.GELU(),
            *[Refine(after) for _ in range(blocks)],
        )


    class Refine(nn.Module):
        """Adds a refined view that is computed channel by channel on more channels: mixing channels again and again is what costs."""

        def __init__(self, width):
            super().__init__()
            hidden = EXPANSION * width
            self.branch = nn.Sequential(
                nn.Conv2d(width, hidden, 1, bias=False),
                nn.GroupNorm(GROUPS, hidden),
                nn.GELU(),
                nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden, bias=False),
                nn.GroupNorm(GROUPS, hidden),
                nn.GELU(),
                nn.Conv2d(hidden, width, 1, bias=False),
                nn.GroupNorm(GROUPS, width),
                SqueezeExcitation(width),
                StochasticDepth(),
            )

        def forward(self, features):
            return features + self.branch(features)


    def blurred_pool():
        """The maximum of 2 x 2 pixels, then two means that blur it as a binomial 3 x 3 filter before every other pixel is dropped.

        A picture that is shifted by a pixel then gives nearly the same features (Zhang 2019, arXiv 1904.11486).
        """
        return nn.Sequential(
            nn.MaxPool2d(2, stride=1),
            nn.AvgPool2d(2, stride=1, padding=1, count_include_pad=False),
            nn.AvgPool2d(2, ceil_mode=True),
        )


    class SqueezeExcitation(nn.Module):
        """Weighs each channel by what the whole picture shows (Hu et al. 2018, arXiv 1709.01507)."""

        def __init__(self, width):
            super().__init__()
            squeezed = max(8, width // 4)
            self.gate = nn.Sequential(nn.Linear(width, squeezed), nn.ReLU(), nn.Linear(squeezed, width), nn.Sigmoid())

        def forward(self, features):
            return features * self.gate(features.mean(dim=(2, 3)))[:, :, None, None]


    class StochasticDepth(nn.Module):
        """In training, drops a branch for some pictures of the batch and scales up the others (arXiv 1603.09382)."""

        def forward(self, branch):
            if not self.training:
                return branch
            is_kept = torch.rand(len(branch), 1, 1, 1, device=branch.device) >= STOCHASTIC_DEPTH
            return branch * is_kept / (1 - STOCHASTIC_DEPTH)


    def pool(features):
        """Each channel's mean and maximum over the picture."""
        return torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], 1)


    class CosineHead(nn.Module):
        """Scaled cosines between the features and a direction of each class: how strong features are does not count."""

        def __init__(self, features, classes):
            super().__init__()
            self.directions = nn.Parameter(torch.empty(classes, features))
            nn.init.normal_(self.directions, mean=0.1, std=0.01)  # directions that start nearly equal start at ln(classes)

        def forward(self, features):
            return SCALE * F.linear(F.normalize(features, dim=1), F.normalize(self.directions, dim=1))


    class Whitening(nn.Module):
        """Patches as weights of their principal directions, each scaled to the same variance: what follows learns faster from them.

        Measured on the first batch of training and fixed from then on. Known from the small-image speed records (arXiv 2404.00498).
        """

        def __init__(self, channels):
            super().__init__()
            weights = channels * PATCH**2
            self.is_measured = False
            self.register_buffer("filters", torch.eye(weights).view(weights, channels, PATCH, PATCH))

        def forward(self, images):
            if self.training and not self.is_measured:
                self.measure(images)
            return F.conv2d(images, self.filters, stride=2, padding=1)

        @torch.no_grad()
        def measure(self, images):
            patches = F.unfold(images.cpu().double(), PATCH, stride=PATCH).transpose(1, 2).flatten(0, 1)
            variances, directions = torch.linalg.eigh(torch.cov(patches.T))
            scales = (variances + NOISE * variances.mean()).rsqrt()
            self.filters.copy_((directions * scales).T.view_as(self.filters))
            self.is_measured = True


    def with_edges(images):
        """Adds how strong an edge is at each pixel, and its direction as cosine and sine of twice the angle."""
        padded = F.pad(images.mean(dim=1, keepdim=True), (1, 1, 1, 1), mode="replicate")
        right = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
        down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
        strength = (right**2 + down**2 + 1e-6).sqrt()
        return torch.cat([images, strength, (right**2 - down**2) / strength, 2 * right * down / strength], 1)


    def with_places(images):
        """Adds how far down and how far right each pixel lies, from -1 to 1 (arXiv 1807.03247)."""
        n, _, height, width = images.shape
        down = torch.linspace(-1, 1, height, device=images.device).view(1, 1, -1, 1).expand(n, 1, height, width)
        right = torch.linspace(-1, 1, width, device=images.device).view(1, 1, 1, -1).expand(n, 1, height, width)
        return torch.cat([images, down, right], 1)
    "
  `)
})

test('pictures of 8 px are halved once, and the source says so', () => {
  const source = renderModel(smallDesign([8, 8]))
  expect(source).toContain('HALVINGS = 1  # stages that halve the picture, the first ones')
  expect(source).toContain('nn.MaxPool2d(2) if halve else nn.Identity()')
})

test('the reason of a choice stands at its constant, or in the docstring of what it made', () => {
  const source = renderModel(RICH)
  expect(source).toMatch(/^DROPOUT = 0\.2 {2}# .*; train accuracy is 12 points above dev$/m)
  expect(source).toMatch(/^class Refine[^]*?mixing channels again and again is what costs\./m)
})
