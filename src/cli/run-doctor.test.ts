import { expect, test } from 'vitest'
import { renderChecks } from './run-doctor.ts'

test('a fix is shown for what is missing or doubtful only, and the last line says what to do next', () => {
  const node = { name: 'node', status: 'ok', detail: 'v24.0.0', fix: 'install Node' } as const
  const sandbox = { name: 'sandbox', status: 'warning', detail: 'none: bwrap is missing', fix: 'install bubblewrap' } as const
  const python = { name: 'python', status: 'missing', detail: 'there is no Python', fix: 'install Python' } as const
  expect(renderChecks([node, sandbox])).toEqual([
    'node          v24.0.0',
    'sandbox       warning: none: bwrap is missing',
    '              fix: install bubblewrap',
    'ready: improve try ./my-images',
  ])
  expect(renderChecks([node, python])).toEqual([
    'node          v24.0.0',
    'python        missing: there is no Python',
    '              fix: install Python',
    '1 missing; mend the first one and run improve doctor again',
  ])
})
