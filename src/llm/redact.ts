/** What stands where a key was. */
const MARK = '[key]'
/** A shorter value is a dummy such as "none" that local endpoints take; hiding it would only garble text. */
const SHORTEST_KEY = 8

/** Shapes of keys that vendors hand out, and what follows the headers that carry keys. */
const SHAPES: readonly RegExp[] = [
  /\bsk-(?:ant-|or-v1-|proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\b(?:gsk|hf|xai|pplx|r8|nvapi|fw|tgp_v1)[_-][A-Za-z0-9_-]{20,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{30,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bey[A-Za-z0-9_-]{10,}\.ey[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  /(?<=\bBearer )[A-Za-z0-9._~+/=-]{8,}/g,
  /(?<=\bx-(?:goog-)?api-key["']?\s*[:=]\s*["']?)[A-Za-z0-9._~+/=-]{8,}/gi,
]

/** The text with the given keys, and all that looks like one, replaced by "[key]". */
export function redact(text: string, keys: readonly string[]): string {
  const literal = keys.filter((key) => key.length >= SHORTEST_KEY).flatMap(spellings)
  const longestFirst = literal.toSorted((a, b) => b.length - a.length)
  const clean = longestFirst.reduce((rest, key) => rest.replaceAll(key, MARK), text)
  return SHAPES.reduce((rest, shape) => rest.replace(shape, MARK), clean)
}

/** `redact` on every string of a JSON value. */
export function redactJson<T>(value: T, keys: readonly string[]): T {
  return JSON.parse(JSON.stringify(value), (_name, part: unknown) => (typeof part === 'string' ? redact(part, keys) : part))
}

/** A key as it is, in an address, in JSON, and in base64. */
function spellings(key: string): string[] {
  const base64 = Buffer.from(key).toString('base64').replace(/=+$/, '')
  return [...new Set([key, encodeURIComponent(key), JSON.stringify(key).slice(1, -1), base64])]
}
