import { expect, test } from 'vitest'
import { noiseSentence } from './noise.ts'

test('before anything is measured the sentence says what it assumes', () => {
  const sentence = noiseSentence({ metric: 'accuracy', images: 1000, seeds: 2, imageVariance: null, seedDeviation: null })
  expect(sentence).toBe(
    'with 1,000 images and 2 seeds gains below 1.4 points cannot be told from luck: two equal pipelines disagree on 12.0 % of the images (assumed), another seed moves the metric by 0.4 points (assumed)',
  )
})

test('measured noise replaces what was assumed', () => {
  const sentence = noiseSentence({ metric: 'accuracy', images: 1000, seeds: 2, imageVariance: 0.054, seedDeviation: 0.002 })
  expect(sentence).toContain('gains below 0.9 points')
  expect(sentence).toContain('disagree on 5.4 % of the images (measured), another seed moves the metric by 0.2 points (measured)')
})

test('log loss is told in nats', () => {
  const sentence = noiseSentence({ metric: 'log-loss', images: 1750, seeds: 1, imageVariance: 0.09, seedDeviation: null })
  expect(sentence).toBe(
    'with 1,750 images and 1 seed gains below 0.026 nats cannot be told from luck: two equal pipelines differ by 0.300 nats on a typical image (measured), another seed moves the metric by 0.010 nats (assumed)',
  )
})
