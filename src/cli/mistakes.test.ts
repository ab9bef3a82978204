import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCli } from '../../tests/support/cli.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'

/** A folder with one dataset, an empty folder and half a pipeline. */
async function makeWorld(): Promise<string> {
  const folder = await temporaryFolder()
  for (const name of ['flowers/rose', 'flowers/tulip', 'empty', 'half']) await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, 'half', 'data.py'), '')
  return folder
}

async function complaintOf(line: string): Promise<string> {
  const folder = await makeWorld()
  const { code, stdout, stderr } = await runCli(line === '' ? [] : line.split(' '), folder)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  return stderr.replaceAll(folder, '/here').trimEnd()
}

test('a missing dataset is answered with the nearest name', async () => {
  expect(await complaintOf('try flower')).toMatchInlineSnapshot(`
    "error: there is no dataset flower
      looked for  /here/flower
    fix: did you mean /here/flowers?"
  `)
})

test('an empty folder is no dataset', async () => {
  expect(await complaintOf('try empty')).toMatchInlineSnapshot(`
    "error: the folder empty is empty
    fix: put one folder of images per class into it"
  `)
})

test('no dataset is a missing argument', async () => {
  expect(await complaintOf('try')).toMatchInlineSnapshot(`
    "error: missing required argument 'dataset'
    fix: improve try --help"
  `)
})

test.each(['0', '-5', 'abc', '1e3', ''])('--seconds "%s" is refused', async (seconds) => {
  expect(await complaintOf(`try flowers --seconds=${seconds}`)).toBe(
    `error: --seconds ${seconds}: it must be a number of seconds, 1 to 604800\nfix: improve try --help`,
  )
})

test('an unknown flag is answered with the nearest name', async () => {
  expect(await complaintOf('try flowers --secnds 5')).toMatchInlineSnapshot(`
    "error: unknown option '--secnds'
    fix: did you mean --seconds?"
  `)
})

test('an unknown command is answered with the nearest name', async () => {
  expect(await complaintOf('trie flowers')).toMatchInlineSnapshot(`
    "error: unknown command 'trie'
    fix: did you mean try?"
  `)
})

test('an unknown metric is answered with the nearest name', async () => {
  expect(await complaintOf('try flowers --metric acuracy')).toMatchInlineSnapshot(`
    "error: --metric acuracy: did you mean accuracy? it must be one of accuracy, balanced-accuracy, macro-f1, log-loss, auc
    fix: improve try --help"
  `)
})

test('a missing pipeline folder is named', async () => {
  expect(await complaintOf('try flowers --pipeline mine')).toMatchInlineSnapshot(`
    "error: there is no pipeline folder /here/mine
    fix: give a folder that holds data.py, model.py and training.py"
  `)
})

test('half a pipeline is answered with what is missing', async () => {
  expect(await complaintOf('try flowers --pipeline half')).toMatchInlineSnapshot(`
    "error: the pipeline lacks model.py and training.py
      looked in  /here/half
      found      data.py
    fix: a pipeline is three files: data.py, model.py, training.py"
  `)
})

test('a missing groups file is named', async () => {
  expect(await complaintOf('data flowers --groups patients.csv')).toMatchInlineSnapshot(`
    "error: there is no groups file patients.csv
      looked for  /here/patients.csv
    fix: check the path"
  `)
})

test('results that cannot be written are noticed before anything is trained', async () => {
  expect(await complaintOf('try flowers --out /proc/runs')).toMatchInlineSnapshot(`
    "error: results cannot be written to /proc/runs (ENOENT)
    fix: go to a folder of yours, or name one with --out"
  `)
})

test('without a command the help is shown', async () => {
  expect(await complaintOf('')).toContain('Start here:  improve run ./my-images')
})
