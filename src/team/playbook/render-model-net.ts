import type { StagedDesign } from './model-design.ts'
import { COORDINATE_CHANNELS, EDGE_CHANNELS, stemPadding } from './model-layers.ts'
import { call, commentLines } from './python-text.ts'
import { activationLayer, normLayer } from './render-model-stages.ts'

/** The class `Net`: stem, stages, head. */
export function netClass(design: StagedDesign): string {
  return [
    'class Net(nn.Module):',
    '    def __init__(self, channels, classes):',
    '        super().__init__()',
    ...stemLines(design),
    ...stagesLines(design),
    ...headLines(design),
    '',
    '    def forward(self, images):',
    ...forwardLines(design),
  ].join('\n')
}

function stemLines(design: StagedDesign): string[] {
  const { kernel, isWhitened, stride } = design.stem
  const [lines, channels] = seenLines(design)
  const own = stride === 1 ? '' : `, stride=${stride}`
  const padding = stemPadding(design) === 0 ? '' : `, padding=${stemPadding(design)}`
  const layers = isWhitened
    ? [`Whitening(${channels})`, `nn.Conv2d(${channels} * PATCH**2, STEM, 1, bias=False)`]
    : [`nn.Conv2d(${channels}, STEM, ${kernel}${own}${padding}, bias=False)`]
  return [...lines, call('        ', 'self.stem = nn.Sequential', [...layers, normLayer(design, 'STEM'), activationLayer(design)])]
}

/** What the stem sees beside the picture, and the name of its channel count. */
function seenLines({ hasCoordinates, hasEdges }: StagedDesign): [string[], string] {
  if (!hasCoordinates && !hasEdges) return [[], 'channels']
  const more = (hasCoordinates ? COORDINATE_CHANNELS : 0) + (hasEdges ? EDGE_CHANNELS : 0)
  const what = [...(hasCoordinates ? ['places'] : []), ...(hasEdges ? ['edges'] : [])].join(' and ')
  return [[`        seen = channels + ${more}  # the picture and its ${what}`], 'seen']
}

function stagesLines(design: StagedDesign): string[] {
  const hasHalve = design.halvings > 0 && design.halvings < design.widths.length
  const hasBlocks = design.blocks.some((count) => count !== design.blocks[0])
  if (!hasHalve && !hasBlocks)
    return ['        self.stages = nn.Sequential(*[stage(before, after) for before, after in pairwise((STEM, *STAGES))])']
  const own = [...(hasHalve ? ['halve=index < HALVINGS'] : []), ...(hasBlocks ? ['blocks=BLOCKS[index]'] : [])]
  return [
    '        before, stages = STEM, []',
    '        for index, after in enumerate(STAGES):',
    `            stages.append(stage(before, after, ${own.join(', ')}))`,
    '            before = after',
    '        self.stages = nn.Sequential(*stages)',
  ]
}

function headLines(design: StagedDesign): string[] {
  const { hidden, dropout, isCosine } = design
  const features = featuresText(design)
  const inputs = hidden > 0 ? 'HIDDEN' : features
  const linear = [
    `        self.head = nn.Linear(${inputs}, classes)`,
    '        nn.init.normal_(self.head.weight, std=0.01)  # a head that starts small starts at ln(classes)',
    '        nn.init.zeros_(self.head.bias)',
  ]
  return [
    ...(hidden > 0
      ? [call('        ', 'self.hidden = nn.Sequential', [`nn.Linear(${features}, HIDDEN)`, activationLayer(design)])]
      : []),
    ...(dropout > 0 ? ['        self.drop = nn.Dropout(DROPOUT)'] : []),
    ...(isCosine ? [`        self.head = CosineHead(${inputs}, classes)`] : linear),
  ]
}

function featuresText({ isMultiScale, pooling }: StagedDesign): string {
  const sum = isMultiScale ? 'STAGES[-2] + STAGES[-1]' : 'STAGES[-1]'
  if (pooling !== 'both') return sum
  return isMultiScale ? `2 * (${sum})` : `2 * ${sum}`
}

function forwardLines(design: StagedDesign): string[] {
  const { hasCoordinates, hasEdges, isMultiScale, why } = design
  const edges = hasEdges ? 'with_edges(images)' : 'images'
  const seen = hasCoordinates ? `with_places(${edges})` : edges
  if (!isMultiScale)
    return [`        features = self.stages(self.stem(${seen}))`, `        return ${headCall(design, pooled(design, 'features'))}`]
  const reason = why.isMultiScale === undefined ? '' : `: ${why.isMultiScale}`
  return [
    ...commentLines('        ', `the head sees the last two stages${reason}`),
    `        earlier = self.stages[:-1](self.stem(${seen}))`,
    '        last = self.stages[-1](earlier)',
    `        features = torch.cat([${pooled(design, 'earlier')}, ${pooled(design, 'last')}], 1)`,
    `        return ${headCall(design, 'features')}`,
  ]
}

function pooled({ pooling }: StagedDesign, features: string): string {
  if (pooling === 'max') return `${features}.amax(dim=(2, 3))`
  return pooling === 'mean' ? `${features}.mean(dim=(2, 3))` : `pool(${features})`
}

function headCall({ hidden, dropout }: StagedDesign, features: string): string {
  const first = hidden > 0 ? `self.hidden(${features})` : features
  return `self.head(${dropout > 0 ? `self.drop(${first})` : first})`
}
