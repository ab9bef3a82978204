import { fileURLToPath } from 'node:url'
import type { BundleFacts, BundleFigure } from '../core/bundle.ts'
import { formatCount, formatEstimate, plural } from '../core/format.ts'
import { printable } from '../core/names.ts'

/** The Python package of this installation, for the lines that use a bundle from Python. */
const HARNESS = fileURLToPath(new URL('../../harness', import.meta.url))
const CLASSES_SHOWN = 40

/** The page `README.md` of a bundle: what it is, what it scored, how to use it. */
export function renderBundleReadme(facts: BundleFacts): string {
  const [height, width] = facts.inputSize
  const kind = facts.channels === 1 ? 'grey' : 'colour'
  return `# Classifier ${inCode(facts.name)}

Tells ${plural(facts.classes.length, 'class', 'classes')} of ${kind} pictures apart; the model sees ${height} x ${width} pixels.

${weightsText(facts)}

${scoresText(facts)}

Classes: ${facts.classes.slice(0, CLASSES_SHOWN).map(inCode).join(', ')}${
    facts.classes.length > CLASSES_SHOWN ? ` and ${formatCount(facts.classes.length - CLASSES_SHOWN)} more, in bundle.json` : ''
  }

## Use

On the command line, in this folder:

\`\`\`
improve predict . my-picture.jpg
improve predict . my-folder --top-k 3 --format csv > answers.csv
\`\`\`

From Python, with the packages of harness/requirements.lock:

\`\`\`python
import sys
sys.path.insert(0, ${JSON.stringify(HARNESS)})  # where improve is installed
from improve_harness.classifier import Classifier
classify = Classifier.load(".")  # this folder
for name, probability in classify("my-picture.jpg")[:3]:
    print(name, round(probability, 3))
\`\`\`

The probabilities are the model's own and are not calibrated. A picture of something that is in none of the classes gets one of them all the same.

## Files

| file | holds |
|---|---|
| \`weights.safetensors\` | ${weightsCell(facts)} |
| \`pipeline/\` | the three Python files: how pictures are prepared, the model, how it was trained |
| \`bundle.json\` | classes in order, what the pipeline was told, figures, SHA-256 of each file |
`
}

function weightsText({ weights, info, steps }: BundleFacts): string {
  const images = plural(info.trainCount, 'image')
  return weights === 'refit'
    ? `The weights are a refit: trained for ${plural(steps, 'step')} on all ${images} that were not sealed away as test.`
    : `The weights are the ones that were scored: trained for ${plural(steps, 'step')} on ${images}.`
}

function weightsCell({ weights }: BundleFacts): string {
  return weights === 'refit' ? 'the trained weights, a refit' : 'the trained weights, as scored'
}

function scoresText({ figures }: BundleFacts): string {
  if (figures.length === 0) return 'It has not been scored.'
  const rows = figures.map((figure) => `| ${figure.split} | ${describeFigure(figure)} |`)
  const sealed = figures.some(({ split }) => split === 'test') ? [] : ['', 'The sealed test has not been opened.']
  return ['| split | images | metric | value | of |', '|---|---|---|---|---|', ...rows, ...sealed].join('\n')
}

function describeFigure({ n, metric, chosen, weights }: BundleFigure): string {
  const of = weights === 'these' ? 'these weights' : 'the same pipeline, trained on fewer images'
  return `${formatCount(n)} | ${metric} | ${formatEstimate(metric, chosen)} | ${of}`
}

/** Untrusted names in Markdown: no mark of theirs is one of the page's. */
function inCode(name: string): string {
  return `\`${printable(name, 64).replaceAll('`', "'")}\``
}
