import * as z from 'zod'
import type { MetricName } from '../../core/outcome.ts'
import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component } from '../../core/pipeline.ts'
import type { Diagnosis } from '../../core/team.ts'
import { slug, textOf } from './check-change.ts'
import { Refusal } from './refusal.ts'
import type { JsonObject } from './tolerant-json.ts'

/** What is said to be gained by one change lies between nothing and this much of the metric. */
const MOST_GAIN = 0.2
/** Of log loss. */
const MOST_NATS = 1

/** The form of the Analyst's reply: reasons before the choice, so that the choice follows from them. */
export function diagnosisSchema(allowed: readonly Component[]): Readonly<Record<string, unknown>> {
  const schema = z.object({
    diagnosis: z.string(),
    bottleneck: z.string(),
    component: z.enum(allowed as [Component, ...Component[]]),
    task: z.string(),
    predictedGain: z.number(),
  })
  const json: Record<string, unknown> = { ...z.toJSONSchema(schema) }
  delete json['$schema']
  return json
}

/** A diagnosis of an object that a model wrote. */
export function checkDiagnosis(object: JsonObject, allowed: readonly Component[], metric: MetricName): Diagnosis {
  const facts = unwrap(object)
  const component = componentOf(facts['component'], allowed)
  const diagnosis = textOf(facts['diagnosis'], 600)
  const task = textOf(facts['task'], 1200) || textOf(facts['title'], 200)
  if (task === '') throw new Refusal('"task" is missing or empty; say in it what the engineer is to change, with names and values')
  return {
    diagnosis: diagnosis || task,
    bottleneck: slug(textOf(facts['bottleneck'], 60)) || 'unnamed',
    component,
    task,
    predictedGain: predictedGain(facts['predictedGain'], metric),
  }
}

/** In the unit of `gainUnit`: "2 points" is told as 2. What is no number promises nothing. */
export function predictedGain(value: unknown, metric: MetricName): number {
  const told = typeof value === 'string' ? Number.parseFloat(value) : Number(value ?? 0)
  if (Number.isNaN(told)) return 0
  return metric === 'log-loss' ? Math.max(0, Math.min(MOST_NATS, told)) : Math.max(0, Math.min(MOST_GAIN, told / 100))
}

function componentOf(value: unknown, allowed: readonly Component[]): Component {
  const word = (typeof value === 'string' ? value : '').toLowerCase()
  const named = COMPONENTS.filter((component) => new RegExp(`\\b${component}(?:\\.py|_|\\b)`).test(word))
  const [only] = named
  const choices = allowed.map((component) => `"${component}"`).join(', ')
  if (only === undefined || named.length > 1) throw new Refusal(`"component" must be exactly one of ${choices}`)
  if (!allowed.includes(only)) throw new Refusal(`"component" is "${only}", which may not be changed now; choose one of ${choices}`)
  return only
}

/** {"answer": {…}} is what stands in it. */
function unwrap(object: JsonObject): JsonObject {
  const values = Object.values(object)
  const [only] = values
  return values.length === 1 && typeof only === 'object' && only !== null && !Array.isArray(only) ? (only as JsonObject) : object
}
