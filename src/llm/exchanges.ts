import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ExternalError } from '../core/errors.ts'
import { LLM_ROLES, type Question } from '../core/language-model.ts'
import { hashText, writeAtomic } from '../files/index.ts'

const count = z.number().nullable()

/** One question and its answer, as stored. */
const exchangeSchema = z.object({
  version: z.literal(1),
  /** SHA-256 over the model and the question. */
  key: z.string(),
  /** SHA-256 over role, trial and the rest of the question, whichever model is asked. */
  questionHash: z.string(),
  role: z.enum(LLM_ROLES),
  trial: z.number(),
  model: z.string(),
  askedAt: z.string(),
  seconds: z.number(),
  /** Each request: how long it took and what kept it from being answered, null for the one that was. */
  attempts: z.array(z.object({ seconds: z.number(), fault: z.string().nullable() })),
  question: z.looseObject({}),
  reply: z.object({ text: z.string(), end: z.enum(['complete', 'cut', 'refused']) }),
  usage: z.object({
    inputTokens: count,
    cachedInputTokens: count,
    cacheWriteTokens: count,
    outputTokens: count,
    reasoningTokens: count,
  }),
  usd: count,
  /** The file of another run's exchange that the answer was taken from, or null for an answer of the provider's. */
  replayedFrom: z.string().nullable(),
})
export type Exchange = z.infer<typeof exchangeSchema>
export type StoredExchange = { readonly file: string; readonly exchange: Exchange }

const FILE_NAME = /^(\d{4,})-[a-z-]+\.json$/

/** A folder of exchanges, numbered in the order in which they were answered. */
export type Exchanges = {
  readonly all: () => readonly StoredExchange[]
  /** Writes it whole or not at all, and gives the name of its file. */
  readonly store: (exchange: Exchange) => Promise<string>
}

export async function openExchanges(folder: string): Promise<Exchanges> {
  await mkdir(folder, { recursive: true })
  const stored = await readExchanges(folder)
  let next = 1 + Math.max(0, ...stored.map(({ file }) => Number.parseInt(file, 10)))
  return {
    all: () => stored,
    store: async (exchange) => {
      const file = `${String(next++).padStart(4, '0')}-${exchange.role}.json`
      await writeAtomic(join(folder, file), `${JSON.stringify(exchange, null, 1)}\n`)
      stored.push({ file, exchange })
      return file
    },
  }
}

/** The exchanges of a folder, first to last. */
export async function readExchanges(folder: string): Promise<StoredExchange[]> {
  const files = (await readdir(folder)).filter((name) => FILE_NAME.test(name))
  const ordered = files.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  return Promise.all(ordered.map(async (file) => ({ file, exchange: await readExchange(join(folder, file)) })))
}

async function readExchange(path: string): Promise<Exchange> {
  try {
    return exchangeSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new ExternalError('journal', `the stored exchange ${path} cannot be read`, {
      evidence: [error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)],
      fix: `restore it from a copy, or move it away: its question is then asked again`,
      cause: error,
    })
  }
}

/** A question as it is stored: its pictures by their hash. */
export function storedQuestion(question: Question): Exchange['question'] {
  const turns = question.turns.map((turn) =>
    turn.from === 'us'
      ? { ...turn, images: (turn.images ?? []).map(({ png, caption }) => ({ sha256: hashBytes(png), caption })) }
      : turn,
  )
  const { instructions, schema, maxOutputTokens } = question
  return { instructions, turns, schema, maxOutputTokens }
}

export function hashQuestion(question: Question): string {
  return hashText(stableJson([question.role, question.trial, storedQuestion(question)]))
}

export function exchangeKey(model: string, questionHash: string): string {
  return hashText(stableJson([model, questionHash]))
}

function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** JSON whose objects list their names in order, so that equal values have equal text. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
