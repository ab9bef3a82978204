export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** How a runner tells its counts: by its exit code alone (one check), or by a report file in one of two formats. */
export type ReportFormat = 'vitest' | 'junit'

/**
 * What a runner came to. A runner that cannot be believed counts as one failure: no or unreadable report, no test at all, or a failing
 * exit code beside a report without failures (an error outside of tests).
 */
export function countResults(exitCode: number | null, format: ReportFormat | null, report: string | null): Counts {
  if (format === null) return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
  const counts = report === null ? null : format === 'vitest' ? readVitest(report) : readJunit(report)
  if (counts === null) return { passed: 0, failed: 1, skipped: 0 }
  const isSuspicious = counts.failed === 0 && (exitCode !== 0 || counts.passed + counts.skipped === 0)
  return isSuspicious ? { ...counts, failed: 1 } : counts
}

export function sum(all: readonly Counts[]): Counts {
  const add = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0)
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') }
}

/** "12 passed, 0 failed", and ", 3 skipped" where some were. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function readVitest(text: string): Counts | null {
  const report = parseObject(text)
  const [passed, failed, pending, todo] = ['numPassedTests', 'numFailedTests', 'numPendingTests', 'numTodoTests'].map((key) =>
    toCount(report?.[key]),
  )
  if (passed === undefined || failed === undefined || pending === undefined || todo === undefined) return null
  return { passed, failed, skipped: pending + todo }
}

/** JUnit XML as pytest writes it: the counts are attributes of each `testsuite`. */
function readJunit(text: string): Counts | null {
  const suites = [...text.matchAll(/<testsuite\s([^>]*)>/g)].map((match) => match[1] ?? '')
  if (suites.length === 0 || !text.includes('</testsuites>')) return null
  const total = (name: string) =>
    suites.reduce((subtotal, suite) => subtotal + Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1]), 0)
  const [tests, failures, errors, skipped] = [total('tests'), total('failures'), total('errors'), total('skipped')]
  const failed = failures + errors
  return Number.isNaN(tests + failed + skipped) ? null : { passed: tests - failed - skipped, failed, skipped }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}
