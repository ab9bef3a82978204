import { createHash } from 'node:crypto'

/**
 * A seed for one purpose, derived from the run's seed and labels such as a trial's number or a fold: 31 bits, so that every
 * library takes it. Other labels give an unrelated seed.
 */
export function deriveSeed(seed: number, ...labels: readonly (string | number)[]): number {
  return digest(seed, labels).readUInt32BE(0) >>> 1
}

/** `count` different integers of 0..n-1 in an order that `seed` decides (partial Fisher-Yates). */
export function chooseRows(n: number, count: number, seed: number): number[] {
  const swapped = new Map<number, number>()
  const random = sequence(seed)
  const chosen: number[] = []
  for (let index = 0; index < Math.min(count, n); index++) {
    const other = index + Math.floor(random() * (n - index))
    chosen.push(swapped.get(other) ?? other)
    swapped.set(other, swapped.get(index) ?? index)
  }
  return chosen
}

function digest(seed: number, labels: readonly (string | number)[]): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([seed, ...labels]))
    .digest()
}

/** Numbers in [0, 1), from blocks of a hash in counter mode. */
function sequence(seed: number): () => number {
  let block: Buffer = Buffer.alloc(0)
  let counter = 0
  return () => {
    if (block.length < 4) block = digest(seed, [counter++])
    const value = block.readUInt32BE(0) / 2 ** 32
    block = block.subarray(4)
    return value
  }
}
