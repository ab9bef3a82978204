// Makes src/team/playbook/measured.json, what the playbook knows of its moves, from the results of measure.ts.
//
//   node benchmarks/playbook/collect.ts <results folder>...
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { evaluationFolder } from '../../src/core/run-layout.ts'

const TARGET = join(import.meta.dirname, '..', '..', 'src', 'team', 'playbook', 'measured.json')

const resultSchema = z.object({
  set: z.string(),
  trainSeconds: z.number(),
  trainCount: z.number(),
  valCount: z.number(),
  baselines: z.array(z.number()),
  rows: z.array(z.object({ id: z.string(), points: z.number().nullable(), error: z.number().nullable() })),
})

/** Of the first evaluation of pipeline 0. */
const outcomeSchema = z.object({ trainings: z.array(z.object({ steps: z.number(), batchSize: z.number() })).min(1) })

const sets = []
for (const folder of process.argv.slice(2)) {
  const { set, trainSeconds, trainCount, valCount, baselines, rows } = resultSchema.parse(
    JSON.parse(await readFile(join(folder, 'moves.json'), 'utf8')),
  )
  const outcome = await readFile(join(folder, evaluationFolder(0, 0), 'outcome.json'), 'utf8')
  const [training] = outcomeSchema.parse(JSON.parse(outcome)).trainings
  const passes = ((training?.steps ?? 0) * (training?.batchSize ?? 0)) / trainCount
  const wrong = 1 - baselines.reduce((total, value) => total + value, 0) / baselines.length
  const moves = rows.flatMap(({ id, points, error }) =>
    points === null || error === null ? [] : [{ id, points: round(points), error: round(error) }],
  )
  sets.push({ set, trainSeconds, trainCount, valCount, passes: round(passes), wrong: round(wrong), moves })
}
await writeFile(TARGET, `${JSON.stringify(sets, null, 2)}\n`)
console.log(sets.map(({ set, moves }) => `${set}: ${moves.length} moves`).join(', '))

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
