import { expect, test } from 'vitest'
import { contractSources } from '../../../tests/support/llm-team.ts'
import { contractText } from './contract-text.ts'
import { listedNames } from './python-outline.ts'

const sources = contractSources()
const text = contractText(sources)

test('the whole contract holds every paragraph, class and operation of the harness', () => {
  for (const phrase of [
    'train_transform(info)',
    'build_model(info)',
    'What is checked',
    'class_counts',
    'ops.EvalTransform'.slice(4),
  ])
    expect(text.whole).toContain(phrase)
  for (const name of listedNames(sources.ops['__init__.py'] ?? '')) expect(text.whole).toContain(`- ${name}`)
})

test('operations are told with their arguments and what they do', () => {
  expect(text.data).toContain(
    '- cutout(images, size, value=None, count=1): Overwrites `count` squares of `size` pixels in each image',
  )
  expect(text.data).toContain('- EvalTransform(size, mean=(0.0,), std=(1.0,), how="squash", values=None): ')
  expect(text.data).toContain('- random_resized_crop(images, size, scale=(0.35, 1.0), ratio=(3 / 4, 4 / 3)): ')
})

test('an engineer is told of its own file', () => {
  expect(text.model).toContain('PRETRAINED optional')
  expect(text.model).not.toMatch(/random_affine|eval_transform|clip_norm/)
  expect(text.training).toContain('- clip_norm = None: Gradients are scaled down to this total L2 norm')
  expect(text.training).toContain('- .steps(): Yields the progress 0..1')
  expect(text.training).toContain('Targets are class numbers')
  expect(text.training).not.toMatch(/random_affine|uint8/)
})

test('the overview names what can be changed', () => {
  expect(text.overview.split('\n').slice(0, 3)).toMatchInlineSnapshot(`
    [
      "data.py: IMAGE_SIZE, train_transform, eval_transform, batch_transform (optional: mixup, cutmix), sample_weights (optional: how often its images are drawn), tta (optional: logits are averaged over them)",
      "model.py: build_model, PRETRAINED (optional: literal names of the weights it wants)",
      "training.py: configure, fit (optional: replaces the loop)",
    ]
  `)
})

test('files of another form are a mistake, not a thin contract', () => {
  const renamed = { ...sources, contract: sources.contract.replace(/^model\.py/m, 'net.py') }
  expect(() => contractText(renamed)).toThrow('no paragraph on model.py')
  expect(() => contractText({ ...sources, contract: sources.contract.replace('class Training:', 'class Fitting:') })).toThrow(
    'defines no Training',
  )
  expect(() => contractText({ ...sources, ops: { ...sources.ops, 'mixing.py': '"""Gone."""' } })).toThrow('lists cutout')
})
