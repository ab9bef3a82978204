import type { StagedDesign } from './model-design.ts'
import { stemPadding } from './model-layers.ts'
import { docstring } from './python-text.ts'

/** Pooling and cosine head, where the design has them. */
export function headDefinitions(design: StagedDesign): string[] {
  return [
    ...(design.pooling === 'both' || design.pooling === 'generalised' ? [poolFunction(design)] : []),
    ...(design.isCosine ? [cosineHeadClass(design.why.isCosine)] : []),
  ]
}

function poolFunction({ pooling, why }: StagedDesign): string {
  const [summary, result] =
    pooling === 'both'
      ? [
          withReason("Each channel's mean and maximum over the picture", why.pooling),
          'torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], 1)',
        ]
      : [
          "Each channel's generalised mean over the picture (arXiv 1711.02512); negative features count as 0.001.",
          'features.float().clamp(min=1e-3).pow(POWER).mean(dim=(2, 3)).pow(1 / POWER)',
        ]
  return ['def pool(features):', docstring('    ', summary), `    return ${result}`].join('\n')
}

function cosineHeadClass(why: string | undefined): string {
  return `class CosineHead(nn.Module):
${docstring('    ', withReason('Scaled cosines between the features and a direction of each class: how strong features are does not count', why))}

    def __init__(self, features, classes):
        super().__init__()
        self.directions = nn.Parameter(torch.empty(classes, features))
        nn.init.normal_(self.directions, mean=0.1, std=0.01)  # directions that start nearly equal start at ln(classes)

    def forward(self, features):
        return SCALE * F.linear(F.normalize(features, dim=1), F.normalize(self.directions, dim=1))`
}

export function stochasticDepthClass(): string {
  return `class StochasticDepth(nn.Module):
    """In training, drops a branch for some pictures of the batch and scales up the others (arXiv 1603.09382)."""

    def forward(self, branch):
        if not self.training:
            return branch
        is_kept = torch.rand(len(branch), 1, 1, 1, device=branch.device) >= STOCHASTIC_DEPTH
        return branch * is_kept / (1 - STOCHASTIC_DEPTH)`
}

export function whiteningClass(design: StagedDesign): string {
  const { stride } = design.stem
  const padding = stemPadding(design) === 0 ? '' : `, padding=${stemPadding(design)}`
  const own = stride === 1 ? '' : `, stride=${stride}`
  return `class Whitening(nn.Module):
${docstring('    ', 'Patches as weights of their principal directions, each scaled to the same variance: what follows learns faster from them.', 'Measured on the first batch of training and fixed from then on. Known from the small-image speed records (arXiv 2404.00498).')}

    def __init__(self, channels):
        super().__init__()
        weights = channels * PATCH**2
        self.is_measured = False
        self.register_buffer("filters", torch.eye(weights).view(weights, channels, PATCH, PATCH))

    def forward(self, images):
        if self.training and not self.is_measured:
            self.measure(images)
        return F.conv2d(images, self.filters${own}${padding})

    @torch.no_grad()
    def measure(self, images):
        patches = F.unfold(images.cpu().double(), PATCH, stride=PATCH).transpose(1, 2).flatten(0, 1)
        variances, directions = torch.linalg.eigh(torch.cov(patches.T))
        scales = (variances + NOISE * variances.mean()).rsqrt()
        self.filters.copy_((directions * scales).T.view_as(self.filters))
        self.is_measured = True`
}

export function edgeFunction(why: string | undefined): string {
  return `def with_edges(images):
${docstring('    ', withReason('Adds how strong an edge is at each pixel, and its direction as cosine and sine of twice the angle', why))}
    padded = F.pad(images.mean(dim=1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    right = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    strength = (right**2 + down**2 + 1e-6).sqrt()
    return torch.cat([images, strength, (right**2 - down**2) / strength, 2 * right * down / strength], 1)`
}

export function coordinateFunction(why: string | undefined): string {
  return `def with_places(images):
${docstring('    ', withReason('Adds how far down and how far right each pixel lies, from -1 to 1 (arXiv 1807.03247)', why))}
    n, _, height, width = images.shape
    down = torch.linspace(-1, 1, height, device=images.device).view(1, 1, -1, 1).expand(n, 1, height, width)
    right = torch.linspace(-1, 1, width, device=images.device).view(1, 1, 1, -1).expand(n, 1, height, width)
    return torch.cat([images, down, right], 1)`
}

function withReason(what: string, why: string | undefined): string {
  return why === undefined ? `${what}.` : `${what}: ${why}.`
}
