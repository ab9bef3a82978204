import { expect, test } from 'vitest'
import { countPins, makePipReader } from './pip-progress.ts'

const LINES = `Looking in links: /some/wheels
Processing /some/wheels/torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl
Collecting filelock (from torch==2.13.0)
  Downloading filelock-4.2.11-py3-none-any.whl (222 kB)
Requirement already satisfied: Jinja2==3.1.6 in ./lib/python3.11/site-packages (from -r x (line 13)) (3.1.6)
Collecting numpy==2.4.6 (from -r x (line 17))
  Using cached numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl (16.9 MB)
Requirement already satisfied: numpy==2.4.6 in ./lib/python3.11/site-packages
Installing collected packages: filelock, numpy, torch
Successfully installed numpy-2.4.6`

test('lines of pip become few lines with a count', () => {
  const lines: string[] = []
  const read = makePipReader(27, (line) => lines.push(line))
  LINES.split('\n').forEach(read)
  expect(lines).toEqual([
    'package 1 of 27: reading torch 2.13.0+cpu',
    'package 2 of 27: downloading filelock 4.2.11 (222 kB)',
    'package 4 of 27: cached numpy 2.4.6 (16.9 MB)',
    'installing 3 packages',
  ])
})

test('packages beyond the pins raise the total', () => {
  const lines: string[] = []
  const read = makePipReader(1, (line) => lines.push(line))
  for (const name of ['torch', 'nvidia-cudnn-cu13']) read(`Collecting ${name}`)
  read('  Downloading nvidia_cudnn_cu13-9.1-py3-none-manylinux1_x86_64.whl (700.1 MB)')
  expect(lines).toEqual(['package 2 of 2: downloading nvidia_cudnn_cu13 9.1 (700.1 MB)'])
})

test('only pins are counted in a requirements file', () => {
  expect(countPins('# torch==1 is a comment\ntorch==2.13.0\n\nnumpy==2.4.6\n')).toBe(2)
})
