import type { Probe, ProbeName } from '../../core/evaluation.ts'
import type { Brief, Evidence } from '../../core/team.ts'
import { memoOf } from './craft.ts'
import type { DataDesign, PolicyOperation } from './data-design.ts'
import { lookAtNames } from './label-names.ts'
import type { NameFinding } from './label-names.ts'
import type { Situation } from './move.ts'

/** `unknown`: nothing speaks for it and nothing against it. */
export type LabelSafety = { readonly verdict: 'safe' | 'doubtful' | 'refused' | 'unknown'; readonly finding: string }

/** Fewer pictures than this say nothing. */
const LEAST_PICTURES = 20
/** A model that has fewer than this share right cannot judge. */
const LEAST_ACCURACY = 0.3
/** Share of the pictures that were right before and still are: harmless from here on, dubious below, harmful below. */
const HARMLESS = 0.9
const DUBIOUS = 0.7
const HARMFUL = 0.5
/** Probes that change pictures more than any move does: their answer can raise doubts, not refuse. */
const STRONGER: readonly ProbeName[] = ['rotate-15', 'shift', 'hue', 'brightness', 'blur']
/**
 * Mean top probability of the wrong ones from which the model sees another class and does not just hesitate. Short trainings with
 * smoothed labels are rarely surer: mirrored digits came to 0.48, upside-down clothes to 0.52, clothes shifted by an eighth to 0.32.
 */
const CONFIDENT = 0.45

const CHANGED: Readonly<Record<ProbeName, { readonly pictures: string; readonly doing: string }>> = {
  mirror: { pictures: 'mirrored', doing: 'mirroring' },
  'flip-vertical': { pictures: 'vertically flipped', doing: 'flipping top to bottom' },
  'rotate-90': { pictures: 'quarter-turned', doing: 'turning by quarters' },
  'rotate-15': { pictures: 'slightly turned', doing: 'turning a little' },
  shift: { pictures: 'shifted', doing: 'shifting' },
  crop: { pictures: 'cropped', doing: 'cropping' },
  hue: { pictures: 'recoloured', doing: 'changing the hue' },
  grey: { pictures: 'greyed', doing: 'taking the colour out' },
  brightness: { pictures: 'lightened or darkened', doing: 'changing the light' },
  blur: { pictures: 'blurred', doing: 'blurring' },
}

/** Whether a move leaves the meaning of the pictures alone: from names, and from how the best model reads changed dev pictures. */
export function checkLabelSafety({ labelRisk }: { readonly labelRisk: ProbeName | null }, evidence: Evidence): LabelSafety {
  if (labelRisk === null) return { verdict: 'safe', finding: 'the move leaves what the pictures show as it is' }
  return checkChange(labelRisk, { brief: evidence.brief, evidence })
}

/** The same for one change of the pictures, also before anything was trained. */
export function checkChange(change: ProbeName, { brief, evidence }: Situation): LabelSafety {
  const { doing } = CHANGED[change]
  const names = lookAtNames(change, brief)
  if (names?.verdict === 'refused')
    return { verdict: 'refused', finding: `${names.finding}: ${doing} would change what a picture means here` }
  const doubt = names === null ? 'unknown' : 'doubtful'
  const said = names === null ? 'the names say nothing against it' : names.finding
  if (evidence === null) return { verdict: doubt, finding: `${said}, and ${doing} was not tried on a trained model yet` }
  if (isApplied(change, evidence)) {
    return { verdict: doubt, finding: `the best data.py trains with ${doing} already, so the probe says nothing about it; ${said}` }
  }
  return (
    judge(change, evidence, names, brief) ?? {
      verdict: doubt,
      finding: `no probe of ${doing} can tell: too few dev pictures that are right; ${said}`,
    }
  )
}

/** What the probe says; null where it has too few pictures, or a model that knows too little. */
function judge(change: ProbeName, { best }: Evidence, names: NameFinding | null, { classes }: Brief): LabelSafety | null {
  const probe = best.dev?.probes?.[change]
  if (!best.dev || !probe || best.dev.n === 0 || probe.n < LEAST_PICTURES) return null
  const unchanged = Math.round((best.dev.right * probe.n) / best.dev.n)
  if (unchanged / probe.n < Math.max(LEAST_ACCURACY, 1.5 / classes.length)) return null
  const kept = probe.right / unchanged
  const measured = verdictOf(kept, probe, names !== null)
  const verdict = measured === 'refused' && STRONGER.includes(change) ? 'doubtful' : measured
  return { verdict, finding: `${numbers(change, probe, unchanged)}: ${conclusion(change, verdict)}` }
}

function verdictOf(kept: number, { confidence }: Probe, isSuspect: boolean): 'safe' | 'doubtful' | 'refused' {
  if (kept >= HARMLESS) return 'safe'
  if (isSuspect) return kept < DUBIOUS ? 'refused' : 'doubtful'
  const isConfident = confidence >= CONFIDENT
  if (kept < HARMFUL) return isConfident ? 'refused' : 'doubtful'
  return kept < DUBIOUS && isConfident ? 'doubtful' : 'safe'
}

function numbers(change: ProbeName, { n, right, confidence }: Probe, unchanged: number): string {
  const wrong = right < n ? `, wrong ones with confidence ${confidence.toFixed(2)}` : ''
  return `${CHANGED[change].pictures} dev pictures: ${right} of ${n} still right, ${unchanged} before the change${wrong}`
}

function conclusion(change: ProbeName, verdict: 'safe' | 'doubtful' | 'refused'): string {
  const { doing } = CHANGED[change]
  if (verdict === 'refused') return `${doing} would change what a picture means here`
  if (verdict === 'doubtful') return `${doing} may change what a picture means here`
  return `${doing} leaves what a picture means alone`
}

/** Whether the best data.py trains with the change, so that its model has learnt to look past it. False where its design is unknown. */
function isApplied(change: ProbeName, { best }: Evidence): boolean {
  const design = designOf(best.memos.data)
  return design !== null && APPLIED[change](design)
}

const usesOneOf = ({ policy }: DataDesign, ...names: readonly PolicyOperation[]) =>
  policy !== null && policy.operations.some((name) => names.includes(name))

const APPLIED: Readonly<Record<ProbeName, (design: DataDesign) => boolean>> = {
  mirror: ({ mirror }) => mirror > 0,
  'flip-vertical': ({ verticalFlip, quarterTurns, mirror }) => verticalFlip > 0 || (quarterTurns && mirror > 0),
  'rotate-90': ({ quarterTurns }) => quarterTurns,
  'rotate-15': (design) => (design.affine?.degrees ?? 0) > 0 || usesOneOf(design, 'rotate', 'shear'),
  shift: (design) => design.shift !== null || design.window !== null || usesOneOf(design, 'translate'),
  crop: ({ window, affine }) => window !== null || (affine?.zoom ?? 1) > 1,
  hue: ({ colour }) => (colour?.hue ?? 0) > 0,
  grey: (design) => design.greyShare > 0 || usesOneOf(design, 'saturation'),
  brightness: (design) =>
    (design.colour?.brightness ?? 0) > 0 || design.normalisation !== 'dataset' || usesOneOf(design, 'brightness', 'contrast'),
  blur: ({ blur }) => blur !== null,
}

/** The design that lies beside data.py; null where the file is not of this team. */
function designOf(memo: unknown): DataDesign | null {
  const design = memoOf('data', memo)?.design
  return isDataDesign(design) ? design : null
}

function isDataDesign(value: unknown): value is DataDesign {
  return typeof value === 'object' && value !== null && 'imageSize' in value && 'normalisation' in value && 'views' in value
}
