import { createHash } from 'node:crypto'

/** SHA-256 of a design as canonical JSON; equal for designs that come to the same component. Reasons (`why`) do not count. */
export function fingerprintOf(design: object): string {
  return createHash('sha256').update(canonicalJson(design)).digest('hex')
}

/** JSON with the keys of every object in order and without the key `why`. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    const entries = Object.entries(part).filter(([key]) => key !== 'why')
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
