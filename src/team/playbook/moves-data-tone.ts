import type { Colour, DataDesign } from './data-design.ts'
import { dataMove } from './moves-data-change.ts'
import type { Move } from './move.ts'

const NO_CHANGE: Colour = { brightness: 0, contrast: 0, saturation: 0, hue: 0 }
const colour = (design: DataDesign, change: Partial<Colour>) => ({ colour: { ...(design.colour ?? NO_CHANGE), ...change } })

/** Light, colour, sharpness and noise of training pictures, and the values that the model sees. */
export const TONE_MOVES: readonly Move<DataDesign>[] = [
  dataMove({
    name: 'light',
    kind: 'augment-colour',
    title: 'vary brightness and contrast of training pictures by 20 %',
    why: 'light and exposure differ more than the objects do',
    helps: { overfitting: 0.3, undertrained: -0.1 },
    prior: 0.1,
    labelRisk: 'brightness',
    reason: 'colour',
    change: (design) =>
      (design.colour?.brightness ?? 0) > 0 || design.normalisation !== 'dataset'
        ? null
        : colour(design, { brightness: 0.2, contrast: 0.2 }),
  }),
  dataMove({
    name: 'saturation',
    kind: 'augment-colour',
    title: 'vary how colourful training pictures are by 30 %',
    why: 'cameras and light differ in how strong their colours are',
    helps: { overfitting: 0.3, undertrained: -0.1 },
    prior: 0.05,
    labelRisk: 'grey',
    reason: 'colour',
    change: (design, { isColour }) =>
      !isColour || (design.colour?.saturation ?? 0) > 0 ? null : colour(design, { saturation: 0.3 }),
  }),
  dataMove({
    name: 'hue',
    kind: 'augment-colour',
    title: 'vary the hue of training pictures by 3 % of the circle of colours',
    why: 'white balance differs from camera to camera',
    helps: { overfitting: 0.3, undertrained: -0.1 },
    prior: 0,
    labelRisk: 'hue',
    reason: 'colour',
    change: (design, { isColour }) => (!isColour || (design.colour?.hue ?? 0) > 0 ? null : colour(design, { hue: 0.03 })),
  }),
  dataMove({
    name: 'grey',
    kind: 'augment-colour',
    title: 'take the colour out of a tenth of the training pictures',
    why: 'shape has to do as well, not colour alone',
    helps: { overfitting: 0.3, undertrained: -0.2 },
    prior: 0,
    labelRisk: 'grey',
    reason: 'greyShare',
    change: ({ greyShare }, { isColour }) => (!isColour || greyShare > 0 ? null : { greyShare: 0.1 }),
  }),
  dataMove({
    name: 'blur',
    kind: 'augment-quality',
    title: 'blur three tenths of the training pictures by up to a pixel in a hundred',
    why: 'focus differs from picture to picture',
    helps: { overfitting: 0.2, undertrained: -0.1 },
    prior: -0.05,
    labelRisk: 'blur',
    reason: 'blur',
    change: ({ blur }, { side }) =>
      blur !== null || side < 20 ? null : { blur: { share: 0.3, sigma: Math.max(0.6, Number((side / 100).toFixed(1))) } },
  }),
  dataMove({
    name: 'noise',
    kind: 'augment-quality',
    title: 'add noise of up to 4 % to training pictures',
    why: 'no single pixel should be learnt by heart',
    helps: { overfitting: 0.3, undertrained: -0.2 },
    prior: 0,
    reason: 'noise',
    change: ({ noise }) => (noise > 0 ? null : { noise: 10 }),
  }),
  dataMove({
    name: 'values-per-image',
    kind: 'input-normalisation',
    title: 'give each picture mean 0 and spread 1 of its own',
    why: 'how light a picture is says nothing about its class',
    helps: { confusion: 0.1, unstable: 0.2, underfitting: 0.1 },
    prior: 0,
    labelRisk: 'brightness',
    reason: 'normalisation',
    change: ({ normalisation }) => (normalisation === 'per-image' ? null : { normalisation: 'per-image' }),
  }),
  dataMove({
    name: 'values-stretched',
    kind: 'input-normalisation',
    title: 'stretch each picture from its darkest to its lightest pixels',
    why: 'flat pictures show as much as brilliant ones then',
    helps: { confusion: 0.1, underfitting: 0.1 },
    prior: -0.05,
    labelRisk: 'brightness',
    reason: 'normalisation',
    change: ({ normalisation }) => (normalisation === 'stretch' ? null : { normalisation: 'stretch' }),
  }),
  dataMove({
    name: 'values-by-dataset',
    kind: 'input-normalisation',
    title: 'normalise by the mean and spread of the whole dataset again',
    why: 'how light a picture is may say something about its class',
    helps: { confusion: 0.1, underfitting: 0.1 },
    prior: 0.05,
    reason: null,
    change: ({ normalisation }) => (normalisation === 'dataset' ? null : { normalisation: 'dataset' }),
  }),
]
