import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeReply, samplePipeline } from '../../../tests/support/llm-team.ts'
import { Refusal } from './refusal.ts'
import { readCode, readObject } from './reply.ts'

const { data, model, training } = samplePipeline('tiny')
const whole = { isCut: false, expected: null }

function problemOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

/** What was thrown; null where nothing was. */
function thrownBy(act: () => unknown): unknown {
  try {
    act()
    return null
  } catch (error) {
    return error
  }
}

test('facts and files of the form that is asked for are read', () => {
  const { facts, files } = readCode(codeReply({ title: 'wider' }, { 'model.py': model }), whole)
  expect(facts).toEqual({ title: 'wider' })
  expect(files).toEqual([{ component: 'model', code: model }])
})

test.each([
  ['in the info string', `\`\`\`python model.py\n${model}\n\`\`\``],
  ['as title', `\`\`\`py title="model.py"\n${model}\n\`\`\``],
  ['with a path', `\`\`\`python\n# pipeline/../model.py\n${model}\n\`\`\``],
  ['in the line before', `Here is **model.py**:\n\n\`\`\`python\n${model}\n\`\`\``],
  ['nowhere, but by what it defines', `\`\`\`\n${model}\n\`\`\``],
  ['under tildes', `~~~python\n# model.py\n${model}\n~~~`],
  ['indented in a list', `1. The file:\n   \`\`\`python\n${model.replace(/^/gm, '   ')}\n   \`\`\``],
  ['with line ends of another system', `\`\`\`python\n# model.py\n${model}\n\`\`\``.replaceAll('\n', '\r\n')],
  ['with control characters', `\`\`\`python\n\u0000# model.py\n${model}\u0000\n\`\`\``],
  ['after thoughts', `<think>\`\`\`python\n# model.py\nwrong\n\`\`\`</think>\n\`\`\`python\n# model.py\n${model}\n\`\`\``],
  ['without a closing fence', `\`\`\`python\n# model.py\n${model}`],
])('a file is known whose name stands %s', (_, text) => {
  expect(readCode(text, whole).files.map(({ component, code }) => [component, code.trim()])).toEqual([['model', model.trim()]])
})

test('a forgotten closing fence ends with the next opening one', () => {
  const text = `\`\`\`json\n{"title": "x"}\n\`\`\`python\n# data.py\n${data}\n\`\`\`python\n# training.py\n${training}\n\`\`\``
  const { facts, files } = readCode(text, whole)
  expect(facts).toEqual({ title: 'x' })
  expect(files.map(({ component }) => component)).toEqual(['data', 'training'])
})

test('of two answers the last whole one counts', () => {
  const second = model.replace('COST_EXPONENT = 0.4', 'COST_EXPONENT = 0.5')
  const text = `${codeReply({ title: 'one' }, { 'model.py': model })}\nBetter:\n${codeReply({ title: 'two' }, { 'model.py': second })}\n\`\`\`python\n# model.py\nx = 1\n\`\`\``
  const { facts, files } = readCode(text, whole)
  expect(facts['title']).toBe('two')
  expect(files[0]?.code).toContain('COST_EXPONENT = 0.5')
})

test('code without a name is the file that was asked for when it is the only one', () => {
  const edit = '```\n<<<<<<< SEARCH\nFLIP = 0.5\n=======\nFLIP = 0.3\n>>>>>>> REPLACE\n```'
  expect(readCode(edit, { isCut: false, expected: 'data' }).files[0]?.component).toBe('data')
  expect(readCode(edit, whole).files).toEqual([])
})

test('a JSON block may stand without a fence, or not at all', () => {
  const block = `\`\`\`python\n# model.py\n${model}\n\`\`\``
  expect(readCode(`{"title": "bare"}\n${block}`, whole).facts).toEqual({ title: 'bare' })
  expect(readCode(block, whole).facts).toEqual({})
})

test('of a reply that was cut an open block is not taken', () => {
  const text = `\`\`\`python\n# model.py\n${model}\n\`\`\`\n\`\`\`python\n# data.py\n${data.slice(0, 300)}`
  expect(readCode(text, { isCut: true, expected: null }).files.map(({ component }) => component)).toEqual(['model'])
  expect(problemOf(() => readCode(`\`\`\`python\n# data.py\n${data}`, { isCut: true, expected: null }))).toMatchInlineSnapshot(
    `"the reply was cut off before a file was complete; send a shorter answer"`,
  )
})

test('what cannot be told apart is refused with what to do', () => {
  expect(problemOf(() => readCode('Sorry, no.', whole))).toMatchInlineSnapshot(
    `"no code was found in the reply; put each file into a \`\`\`python block whose first line names it, such as "# model.py""`,
  )
  expect(problemOf(() => readCode(`\`\`\`python\n${data}\n${model}\n\`\`\``, whole))).toMatchInlineSnapshot(
    `"one code block holds functions of several files; put each file into a block of its own whose first line names it"`,
  )
  expect(problemOf(() => readCode('```python\n# helpers.py\nx = 1\n```', whole))).toMatchInlineSnapshot(
    `"there is no file "helpers.py"; a pipeline is data.py, model.py and training.py and nothing else"`,
  )
  expect(problemOf(() => readObject('I choose the model.'))).toMatchInlineSnapshot(
    `"no JSON object was found in the reply; reply with one JSON object of the form asked for and nothing else"`,
  )
})

test('data alone is read with or without a fence and prose', () => {
  for (const text of [
    '{"a": 1}',
    'Well:\n```json\n{"a": 1}\n```\nDone.',
    'draft {"a": 0}\nfinal {"a": 1}',
    '<think>{"a": 9}</think>{"a": 1}',
  ])
    expect(readObject(text)).toEqual({ a: 1 })
})

const good = codeReply({ title: 'wider', kind: 'width', rationale: 'more room' }, { 'model.py': model, 'data.py': data })

test('mutilated replies are read or refused, and nothing else is thrown', () => {
  const cut = fc.record({
    from: fc.nat(good.length),
    to: fc.nat(good.length),
    put: fc.oneof(
      fc.string(),
      fc.constantFrom('```', '{', '"', '\u0000', '# data.py\n', '<think>', '</think>', '<<<<<<< SEARCH\n', '~~~', '\r\n'),
    ),
  })
  fc.assert(
    fc.property(fc.array(cut, { maxLength: 6 }), fc.boolean(), (cuts, isCut) => {
      const text = cuts.reduce((old, { from, to, put }) => old.slice(0, from) + put + old.slice(Math.max(from, to)), good)
      for (const read of [() => readCode(text, { isCut, expected: 'model' }), () => readObject(text)]) {
        expect(thrownBy(read) ?? new Refusal()).toBeInstanceOf(Refusal)
      }
    }),
    { numRuns: 500 },
  )
})

test.each(['```', '```python\n', '{"a": ', '# model.py\n', '<think>', '    ', '~~~~~~', 'def build_model', '\n'])(
  'a megabyte of %j takes no more than two seconds of a processor',
  (piece) => {
    const text = piece.repeat(1_000_000 / piece.length)
    const started = process.cpuUsage()
    for (const read of [() => readCode(text, { isCut: false, expected: 'model' }), () => readObject(text)]) {
      expect(thrownBy(read) ?? new Refusal()).toBeInstanceOf(Refusal)
    }
    expect(process.cpuUsage(started).user).toBeLessThan(2e6)
  },
)
