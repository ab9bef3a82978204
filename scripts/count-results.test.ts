import { expect, test } from 'vitest'
import { countResults, sum, summaryLine } from './count-results.ts'

const vitest = (passed: number, failed: number, pending = 0, todo = 0) =>
  JSON.stringify({ numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: todo })
const junit = (attributes: string) =>
  `<?xml version="1.0"?><testsuites name="pytest tests"><testsuite name="pytest" ${attributes}></testsuite></testsuites>`

test('a check without a report counts as one', () => {
  expect(countResults(0, null, null)).toEqual({ passed: 1, failed: 0, skipped: 0 })
  expect(countResults(1, null, null)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('the counts of both report formats are read', () => {
  expect(countResults(1, 'vitest', vitest(5, 2, 1, 1))).toEqual({ passed: 5, failed: 2, skipped: 2 })
  expect(countResults(1, 'junit', junit('errors="1" failures="2" skipped="3" tests="10"'))).toEqual({
    passed: 4,
    failed: 3,
    skipped: 3,
  })
})

test.each([
  ['was killed', null, 'vitest', vitest(5, 0)],
  ['fails outside of its tests', 1, 'junit', junit('errors="0" failures="0" skipped="0" tests="5"')],
] as const)('a runner that %s adds a failure to what passed', (_, exitCode, format, report) => {
  expect(countResults(exitCode, format, report)).toEqual({ passed: 5, failed: 1, skipped: 0 })
})

test.each([
  ['writes no report', 'vitest', null],
  ['writes half a report', 'vitest', vitest(5, 0).slice(0, 20)],
  ['writes a report without counts', 'vitest', '{"success":true}'],
  ['writes a report with a count that is none', 'vitest', vitest(-1, 0)],
  ['runs no test', 'vitest', vitest(0, 0)],
  ['writes half an XML report', 'junit', '<testsuites><testsuite errors="0" failures="0" skipped="0" tests="9">'],
  ['writes an XML report without counts', 'junit', junit('tests="9"')],
] as const)('a runner that %s is a failure, although it exits with 0', (_, format, report) => {
  expect(countResults(0, format, report)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('the last line sums all runners, and names skips only where there are some', () => {
  expect(
    summaryLine(
      sum([
        { passed: 3, failed: 0, skipped: 0 },
        { passed: 1, failed: 2, skipped: 0 },
      ]),
    ),
  ).toBe('4 passed, 2 failed')
  expect(summaryLine({ passed: 3, failed: 0, skipped: 4 })).toBe('3 passed, 0 failed, 4 skipped')
})
