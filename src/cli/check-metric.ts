import { absentClasses, foldsOfEvaluation } from '../core/dataset.ts'
import type { DatasetFacts } from '../core/dataset.ts'
import { UsageError } from '../core/errors.ts'
import { printable } from '../core/names.ts'
import type { MetricName } from '../core/outcome.ts'

/** The area under the curve needs every class in what is judged; better said before a training than after it. */
export function checkMetric(metric: MetricName, facts: DatasetFacts, isTestJudged: boolean): void {
  if (metric !== 'auc') return
  const hasTest = isTestJudged && facts.parts['test'] !== undefined
  const judged = { val: foldsOfEvaluation(facts).map((fold) => fold.val), ...(hasTest ? { test: ['test'] } : {}) }
  for (const [split, parts] of Object.entries(judged)) {
    const absent = absentClasses(facts, parts)
    if (absent.length === 0) continue
    throw new UsageError(
      `auc is not defined here: ${split} has no image of ${absent.length === 1 ? 'a class' : `${absent.length} classes`}`,
      { evidence: absent.slice(0, 8).map((name) => printable(name)), fix: 'choose another --metric' },
      'dataset',
    )
  }
}

/** A share cannot pass 1; the log loss has no upper end. */
export function checkTarget(target: number | undefined, metric: MetricName): void {
  if (target === undefined || metric === 'log-loss' || target <= 1) return
  throw new UsageError(`--target ${target} cannot be reached: ${metric} is a share of 1`, {
    fix: 'give a share, such as 0.95 for 95 %',
  })
}
