/**
 * Turns pip's lines into a few for people: "package 7 of 27: downloading numpy 2.4.6 (16.9 MB)".
 * `total` is the number of pinned packages; an index may add some for an accelerator, then the total grows.
 */
export function makePipReader(total: number, onProgress: (line: string) => void): (line: string) => void {
  const seen = new Set<string>()
  return (line) => {
    const name = packageIn(line)
    if (name) seen.add(normalize(name))
    const text = describe(line)
    if (text) onProgress(text.startsWith('installing') ? text : `package ${seen.size} of ${Math.max(total, seen.size)}: ${text}`)
  }
}

/** The number of pins in a requirements file. */
export function countPins(requirements: string): number {
  return requirements.split('\n').filter((line) => line.includes('==') && !line.startsWith('#')).length
}

function packageIn(line: string): string | undefined {
  return (
    /^(?:Collecting|Requirement already satisfied:) ([\w.-]+)/.exec(line)?.[1] ??
    /^Processing \S*?([^/\s-]+)-\d\S*\.whl$/.exec(line)?.[1]
  )
}

function describe(line: string): string | undefined {
  const wheel = /^\s*(Downloading|Using cached) (?:\S*\/)?([^/\s-]+)-([^-\s]+)-?\S*(?: (\(.*\)))?$/.exec(line)
  if (wheel)
    return `${wheel[1] === 'Downloading' ? 'downloading' : 'cached'} ${wheel[2]} ${wheel[3]}${wheel[4] ? ` ${wheel[4]}` : ''}`
  const local = /^Processing \S*?([^/\s-]+)-(\d[^-]*)-\S*\.whl$/.exec(line)
  if (local) return `reading ${local[1]} ${local[2]}`
  const installing = /^Installing collected packages: (.*)$/.exec(line)?.[1]
  return installing ? `installing ${installing.split(',').length} packages` : undefined
}

/** As Python's packaging rules compare names. */
function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
}
