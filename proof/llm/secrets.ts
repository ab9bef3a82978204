import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Play } from '../../tests/support/llm-server.ts'
import { briefOf } from '../../tests/support/playbook-evidence.ts'
import type { Proof } from '../proof.ts'
import { childSecrets } from './child-secrets.ts'
import { inWorld, SHORT_RUN } from './faults.ts'
import { answerOf } from './mind.ts'
import { playSession } from './whole-run.ts'
import type { SessionEnd, World } from './whole-run.ts'

/** Shapes of keys: a vendor's, one of a local server, one with characters that addresses and JSON write otherwise. */
const KEYS = ['sk-planted-0123456789abcdefghij', 'planted.key.of.a.local.server', 'pl"nted\\key/with+odd=signs&more'] as const

/** Where a provider can say the key; it is said once at each call of a whole run. */
type Echo = { readonly name: string; readonly play: (key: string, answer: string) => Play }

const refused = (code: number, message: string): Play => ({ play: 'status', status: code, body: { error: { message } } })

const ECHOES: readonly Echo[] = [
  { name: '401 with the key', play: (key) => refused(401, `Incorrect API key provided: ${key}. Find yours at …`) },
  { name: '403 with the header', play: (key) => refused(403, `rejected: Authorization: Bearer ${key}`) },
  { name: '404 with an address', play: (key) => refused(404, `no route /v1/models?key=${encodeURIComponent(key)}`) },
  { name: '400 with all that was sent', play: (key) => refused(400, `bad request: {"headers":{"authorization":"Bearer ${key}"}}`) },
  { name: '429 with the key', play: (key) => refused(429, `insufficient_quota for ${key}`) },
  { name: '500 with the key in base64', play: (key) => refused(500, `upstream: ${Buffer.from(key).toString('base64')}`) },
  { name: 'a page with the key', play: (key) => ({ play: 'raw', body: `<html>${key}</html>`, contentType: 'text/html' }) },
  { name: 'headers with the key', play: (key) => ({ play: 'status', status: 503, headers: { 'x-echo': encodeURI(key) } }) },
  {
    name: 'an error event with the key',
    play: (key) => ({ play: 'error-event', text: 'a', error: { message: `bad key ${key}` } }),
  },
  { name: 'a reply that is the key', play: (key) => ({ play: 'reply', text: `Your key is ${key}.` }) },
  { name: 'a refusal with the key', play: (key) => ({ play: 'refusal', text: `no, ${key}` }) },
  { name: 'code and words with the key', play: (key, answer) => ({ play: 'reply', text: withKey(answer, key) }) },
]

/** Plants keys, lets the provider say them, and looks for them in all that a run writes, shows, sends and starts. */
export async function proveSecrets(onNote: (line: string) => void): Promise<Proof> {
  const failures: string[] = []
  const searched = { files: 0, prompts: 0, lines: 0 }
  for (const key of KEYS) {
    for (const echo of ECHOES) {
      const hits = await playEcho(key, echo, searched)
      failures.push(...hits.map((hit) => `${echo.name} (${key.slice(0, 10)}…): ${hit}`))
    }
    onNote(`a key of ${key.length} characters, said in ${ECHOES.length} ways`)
  }
  const child = await childSecrets(KEYS[0])
  failures.push(...child.failures)
  return {
    name: 'llm-secrets',
    tried: KEYS.length * ECHOES.length + 1,
    failed: failures.length,
    claim: 'a key is in no file, line, error, prompt or child process of a run, also where the provider says it',
    found: [`${searched.files} files, ${searched.prompts} prompts, ${searched.lines} lines and errors searched; ${child.found}`],
    failures,
  }
}

type Searched = { files: number; prompts: number; lines: number }

/** A run whose data set names the key, which must not reach a prompt, and whose provider says it at one call after another. */
async function playEcho(key: string, echo: Echo, searched: Searched): Promise<string[]> {
  const said = new Set<number>()
  return inWorld(
    SHORT_RUN,
    (request, answered) => {
      if (said.has(answered)) return null
      said.add(answered)
      return echo.play(key, answerOf(request, SHORT_RUN))
    },
    async ({ world, server }) => {
      const keyed = { ...world, environment: { LOCAL_API_KEY: key } }
      const brief = briefOf({ classes: [key, 'boot'], about: `the key is ${key}` })
      const ends: SessionEnd[] = []
      const asked = { url: server.url, trials: SHORT_RUN.steps.length, brief }
      do ends.push(await playSession(keyed, asked))
      while (ends.at(-1)?.end === 'paused' && ends.length < 20)
      searched.prompts += server.requests.length
      const sent = server.requests.filter(({ headers }) => headers.authorization === `Bearer ${key}`).length
      return [
        ...(ends.at(-1)?.end === 'finished' ? [] : [`the run ended ${inspect(ends.at(-1))}`]),
        ...(sent === server.requests.length ? [] : ['a request was made without the key, so that nothing is shown']),
        ...(await hitsIn(keyed, ends, searched, key)),
        ...server.requests.flatMap(({ body }, index) => (holds(JSON.stringify(body), key) ? [`it is in prompt ${index}`] : [])),
      ]
    },
  )
}

async function hitsIn(world: World, ends: readonly SessionEnd[], searched: Searched, key: string): Promise<string[]> {
  const entries = await readdir(world.folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  const errors = ends.map((end) => inspect(end.end === 'paused' ? [end.gone, end.gone.fix, end.gone.evidence] : end, { depth: 9 }))
  searched.files += paths.length
  searched.lines += world.notes.length + errors.length
  return [
    ...paths.flatMap((path, index) => (holds(texts[index] ?? '', key) ? [`it is in ${path.slice(world.folder.length + 1)}`] : [])),
    ...world.notes.flatMap((line) => (holds(line, key) ? [`it is in the line "${line}"`] : [])),
    ...errors.flatMap((text) => (holds(text, key) ? [`it is in an error: ${text.slice(0, 200)}`] : [])),
  ]
}

/** Whether a text holds the key, as it is or as addresses, JSON (also JSON in JSON) and base64 write it. */
export function holds(text: string, key: string): boolean {
  const inJson = JSON.stringify(key).slice(1, -1)
  const twice = JSON.stringify(inJson).slice(1, -1)
  const base64 = Buffer.from(key).toString('base64').replace(/=+$/, '')
  return [key, encodeURIComponent(key), encodeURI(key), inJson, twice, base64].some((spelling) => text.includes(spelling))
}

/** The answer with the key in its words and in its code. */
function withKey(answer: string, key: string): string {
  const inJson = JSON.stringify(key).slice(1, -1)
  const told = answer.replace(/"(understanding|title|diagnosis)": ?"/g, (start) => `${start}${inJson} `)
  return told.replace(/^WORTH = .*$/m, (line) => `KEY = ${JSON.stringify(key)}  # ${key}\n${line}`)
}
