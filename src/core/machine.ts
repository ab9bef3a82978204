/** Images per second in training of a small reference net, for one way to use the machine. */
export type Rate = {
  readonly threads: number
  readonly dtype: string
  readonly channelsLast: boolean
  readonly imagesPerSecond: number
}

/** What the micro-benchmark chose for this machine. */
export type Machine = {
  readonly device: string
  readonly threads: number
  readonly dtype: 'float32' | 'bfloat16' | 'float16'
  readonly channelsLast: boolean
  /** Images per second of the reference net, used this way. */
  readonly referenceSpeed: number
  /** All ways that were measured; without them trainings run one after another. */
  readonly rates?: readonly Rate[] | undefined
}

/** The plain way (float32, contiguous) is left only for one that is this much faster, as in `machine.py`. */
const MARGIN = 1.05

/** The fastest way to use `threads` threads, of those that were measured; null when that count was not. */
export function machineWith(machine: Machine, threads: number): Machine | null {
  const { rates, ...chosen } = machine
  if (threads === machine.threads) return chosen
  const ways = (rates ?? []).filter((rate) => rate.threads === threads)
  const fastest = ways.toSorted((a, b) => b.imagesPerSecond - a.imagesPerSecond)[0]
  const plain = ways.find((rate) => rate.dtype === 'float32' && !rate.channelsLast)
  if (fastest === undefined) return null
  const best = plain !== undefined && fastest.imagesPerSecond <= MARGIN * plain.imagesPerSecond ? plain : fastest
  const { dtype, channelsLast, imagesPerSecond } = best
  return { device: machine.device, threads, dtype: checkDtype(dtype), channelsLast, referenceSpeed: imagesPerSecond }
}

function checkDtype(name: string): Machine['dtype'] {
  if (name === 'float32' || name === 'bfloat16' || name === 'float16') return name
  throw new Error(`the machine was measured with the unknown precision ${name}`)
}
