/** Longest class name that generated code and prompts get to see. */
const MAX_NAME_LENGTH = 64
const PLAIN_NAME = /^[\p{L}\p{M}\p{N} _.-]+$/u
/** Control characters, and the marks that reverse the direction of text or are invisible. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Class names as generated code may see them: plain words, or `class_017` where a name is not plain or would occur twice. */
export function plainClassNames(classes: readonly string[]): string[] {
  const seen = new Set<string>()
  return classes.map((name, index) => {
    const plain = name.normalize('NFC')
    const usable = PLAIN_NAME.test(plain) && [...plain].length <= MAX_NAME_LENGTH && !seen.has(plain)
    const given = usable ? plain : `class_${String(index).padStart(3, '0')}`
    seen.add(given)
    return given
  })
}

/** Untrusted text as one line that a terminal shows harmlessly. */
export function printable(text: string, maxLength = 200): string {
  const clean = [...text.replace(/[\n\t]+/g, ' ').replace(UNPRINTABLE, '?')]
  return clean.length <= maxLength ? clean.join('') : `${clean.slice(0, maxLength - 1).join('')}…`
}

/** A dataset's file name as part of a folder's name: lower case, letters and digits joined by single hyphens, at most 40 characters. */
export function slugOf(name: string): string {
  const words = name
    .toLowerCase()
    .replace(/\.zip$/, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
  const slug = [...words.replace(/^-/, '')].slice(0, 40).join('').replace(/-$/, '')
  return slug || 'dataset'
}

/** The name nearest to a mistyped one by edit distance, or null when none is near. */
export function nearestName(wrong: string, names: readonly string[]): string | null {
  const ranked = names.map((name) => ({ name, distance: editDistance(wrong.toLowerCase(), name.toLowerCase()) }))
  const best = ranked.toSorted((a, b) => a.distance - b.distance)[0]
  return best !== undefined && best.distance <= Math.max(2, Math.floor(wrong.length / 3)) ? best.name : null
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
