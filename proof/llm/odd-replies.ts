import type { Reply } from '../../src/core/language-model.ts'
import { codeReply, samplePipeline } from '../../tests/support/llm-team.ts'
import type { RoleName } from './ask-role.ts'

/** A reply written by hand, in a form that models were seen to use, and whether something is made of it or it is asked for again. */
export type OddReply = {
  readonly name: string
  readonly role: RoleName
  readonly text: string
  readonly end: Reply['end']
  readonly expected: 'taken' | 'refused'
}

const DIAGNOSIS = {
  diagnosis: 'train 99.1 % against dev 86.0 % after 40 passes: learnt by heart',
  bottleneck: 'overfitting',
  component: 'training',
  task: 'In training.py raise WEIGHT_DECAY from 5e-4 to 2e-3; the rest stays.',
  predictedGain: 0.5,
}
const json = JSON.stringify(DIAGNOSIS)
const pretty = JSON.stringify(DIAGNOSIS, null, 2)
const fenced = (text: string, info = 'json') => `\`\`\`${info}\n${text}\n\`\`\``
const withPart = (changes: Readonly<Record<string, unknown>>) => JSON.stringify({ ...DIAGNOSIS, ...changes })
/** As JSON.stringify writes it, but with these characters in the place of a value. */
const withRaw = (value: string) => json.replace('0.5', value)

const ANALYST_TAKEN: Readonly<Record<string, string>> = {
  'one object': json,
  'a fence, and words before and after': `Looking at the curves, I would say:\n\n${fenced(pretty)}\n\nLet me know how it goes!`,
  'trailing commas and comments': pretty.replace('\n}', ',\n}').replace('{\n', '{ // my choice\n  # see the curve\n'),
  'single quotes': json.replaceAll('"', "'"),
  'curly quotes': json.replace(/"([^"]*)"/g, '“$1”'),
  'names without quotes': json.replace(/"(\w+)":/g, '$1:'),
  'an object in an object': `{"answer": ${json}}`,
  'a list of one': `[${json}]`,
  'thoughts said aloud': `<think>maybe {"component": "data", "task": "crop"}? No.</think>\n${json}`,
  'a draft and an answer': `Draft: {"component": "data", "task": "crop more"}\nOn reflection:\n${json}`,
  'a gain in words': withPart({ predictedGain: '0.5 points' }),
  'a gain without end': withRaw('1e999'),
  'line ends of another system, a mark of byte order, NULs': `\uFEFF${pretty.replaceAll('\n', '\r\n')}\u0000\u0000`,
  'a prototype': withRaw('0.5, "__proto__": {"component": "data"}, "constructor": {"prototype": 1}'),
  'a line end inside of a string': json.replace('after 40', 'after\n40'),
  'the name of the file': withPart({ component: 'training.py' }),
}

const ANALYST_REFUSED: Readonly<Record<string, string>> = {
  'a component that there is not': withPart({ component: 'optimizer' }),
  'two components': withPart({ component: 'data and model' }),
  'a list of components': withPart({ component: ['data', 'model'] }),
  'no task': withPart({ task: undefined }),
  'words alone': 'The model overfits. I would raise the weight decay in training.py to 2e-3.',
  'the schema itself': '{"type": "object", "properties": {"component": {"enum": ["data", "model", "training"]}}}',
  'a refusal': "I'm sorry, but I can't help with that request.",
  yaml: 'diagnosis: learnt by heart\ncomponent: training\ntask: raise WEIGHT_DECAY\npredictedGain: 0.5',
  'thousands of braces': '{"a":'.repeat(20_000),
  'blanks alone': ' \n\t\n ',
}

const { data, model, training } = samplePipeline('tiny')
const better = training.replace('WEIGHT_DECAY = 5e-4', 'WEIGHT_DECAY = 2e-3')
const FACTS = { title: 'more weight decay', kind: 'regularise', rationale: 'learnt by heart', expect: 'dev up' }
const block = (source: string, first = '# training.py') => fenced(`${first}\n${source}`, 'python')
const part = (search: string, replace: string) => `<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE`
const decay = part('WEIGHT_DECAY = 5e-4  # on weights of convolutions and the last layer', 'WEIGHT_DECAY = 2e-3')

const ENGINEER_TAKEN: Readonly<Record<string, string>> = {
  'facts and the file': codeReply(FACTS, { 'training.py': better }),
  'two parts to be exchanged': codeReply(FACTS, { 'training.py': `${decay}\n${part('MOMENTUM = 0.9', 'MOMENTUM = 0.95')}` }),
  'the name behind the fence': fenced(better, 'python training.py'),
  'the name in the line before': `**training.py**\n\n${fenced(better, 'py')}`,
  'no name': fenced(better, ''),
  tildes: `~~~python\n# training.py\n${better}~~~`,
  'in a list, indented': `1. The file:\n   \`\`\`python\n   # training.py\n${better.replace(/^(?=.)/gm, '   ')}\n   \`\`\`\n2. Done.`,
  'a fence that is not closed': `Here you are.\n\`\`\`python\n# training.py\n${better}`,
  'a snippet that explains, then the file': `First the idea:\n${fenced('WEIGHT_DECAY = 2e-3', 'python')}\n${block(better)}`,
  'another file as well': codeReply(FACTS, { 'model.py': `${model}\nDEPTH = 3\n`, 'training.py': better }),
  'two versions': `${block(training.replace('0.9', '0.8'))}\nBetter still:\n${block(better)}`,
}

const ENGINEER_REFUSED: Readonly<Record<string, string>> = {
  'the file of another': codeReply(FACTS, { 'model.py': `${model}\nDEPTH = 3\n` }),
  'the current file': codeReply(FACTS, { 'training.py': training }),
  'other comments alone': codeReply(FACTS, { 'training.py': `# better now\n${training}` }),
  'a SEARCH part that is not there': codeReply(FACTS, { 'training.py': part('DECAY = 1', 'DECAY = 2') }),
  'a SEARCH part that is there twice': codeReply(FACTS, { 'training.py': part('', '# more') }),
  'a SEARCH part without an end': codeReply(FACTS, { 'training.py': '<<<<<<< SEARCH\nMOMENTUM = 0.9\n=======\nMOMENTUM = 0.95' }),
  'the rest as before': block('WEIGHT_DECAY = 2e-3\n\n# ... the rest of the file stays as it is ...'),
  'code inside of JSON': JSON.stringify({ ...FACTS, code: better }),
  'a file of its own': codeReply(FACTS, { 'helpers.py': 'DECAY = 2e-3' }),
  'a path that leads out': block(better, '# ../../../etc/passwd.py'),
  'a megabyte of constants': block(`${better}\nTABLE = [${'0.125, '.repeat(150_000)}]`),
  'a patch': fenced('--- a/training.py\n+++ b/training.py\n@@ -12 +12 @@\n-WEIGHT_DECAY = 5e-4\n+WEIGHT_DECAY = 2e-3', 'diff'),
  'a notebook': JSON.stringify({ cells: [{ cell_type: 'code', source: better.split('\n') }], nbformat: 4 }),
}

const base = { 'data.py': data, 'model.py': model, 'training.py': training }
const ARCHITECT_TAKEN: Readonly<Record<string, string>> = {
  'three files': codeReply({ understanding: 'clothes', design: 'a small net' }, base),
  'no facts, another order, words between': `The training:\n${block(training)}\nthe rest:\n${block(data, '# data.py')}\nand\n${block(model, '# model.py')}`,
}
const ARCHITECT_REFUSED: Readonly<Record<string, string>> = {
  'two files': codeReply({}, { 'data.py': data, 'model.py': model }),
  'all in one': fenced(`${data}\n${model}\n${training}`, 'python'),
  'names of its own': codeReply({}, { 'dataset.py': data, 'network.py': model, 'train.py': training }),
}

const ONE_PROMPT_TAKEN: Readonly<Record<string, string>> = {
  'one file, and another component named': codeReply({ ...DIAGNOSIS, component: 'data' }, { 'training.py': better }),
}
const ONE_PROMPT_REFUSED: Readonly<Record<string, string>> = {
  'two files where one may change': codeReply(DIAGNOSIS, { 'training.py': better, 'data.py': `${data}\nEDGE = 1\n` }),
}

const REPAIR_TAKEN: Readonly<Record<string, string>> = {
  'the cause is mended': codeReply(FACTS, { 'training.py': better.replace('2e-3', '1e-3') }),
}
const REPAIR_REFUSED: Readonly<Record<string, string>> = {
  'what was good before': codeReply(FACTS, { 'training.py': training }),
}

const GROUPS: readonly (readonly [RoleName, OddReply['expected'], Readonly<Record<string, string>>])[] = [
  ['analyst', 'taken', ANALYST_TAKEN],
  ['analyst', 'refused', ANALYST_REFUSED],
  ['training', 'taken', ENGINEER_TAKEN],
  ['training', 'refused', ENGINEER_REFUSED],
  ['architect', 'taken', ARCHITECT_TAKEN],
  ['architect', 'refused', ARCHITECT_REFUSED],
  ['single', 'taken', ONE_PROMPT_TAKEN],
  ['single', 'refused', ONE_PROMPT_REFUSED],
  ['repair', 'taken', REPAIR_TAKEN],
  ['repair', 'refused', REPAIR_REFUSED],
]

export const ODD_REPLIES: readonly OddReply[] = [
  ...GROUPS.flatMap(([role, expected, texts]) =>
    Object.entries(texts).map(([name, text]) => ({ name, role, text, end: 'complete' as const, expected })),
  ),
  { name: 'cut in the middle of the file', role: 'training', text: block(better).slice(0, 900), end: 'cut', expected: 'refused' },
]
