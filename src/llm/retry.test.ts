import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fault, type Fault, type FaultKind } from './faults.ts'
import { LONGEST_RETRY_AFTER_SECONDS, MAX_TRIES, nextStep } from './retry.ts'

const of = (kind: FaultKind, retryAfterSeconds: number | null = null): Fault => ({ ...fault(kind, 'words'), retryAfterSeconds })
const times = (count: number, kind: FaultKind) => Array.from({ length: count }, () => of(kind))
const passing = fc.constantFrom<FaultKind>('server', 'network', 'empty', 'rate-limit')
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('nextStep', () => {
  test.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [6, 32],
    [7, 60],
  ])('after %i failures it waits %i s, half of that at the least', (count, seconds) => {
    expect(nextStep(times(count, 'server'), 0)).toEqual({ wait: seconds })
    expect(nextStep(times(count, 'server'), 1)).toEqual({ wait: seconds / 2 })
  })

  test.each([
    ['server', 'server'],
    ['network', 'unreachable'],
    ['empty', 'server'],
    ['rate-limit', 'rate-limit'],
  ] as const)('%s gives up after the last try as %s', (kind, giveUp) => {
    expect(nextStep(times(MAX_TRIES - 1, kind), 0.5)).toHaveProperty('wait')
    expect(nextStep(times(MAX_TRIES, kind), 0.5)).toEqual({ giveUp })
  })

  test.each([
    ['quota', 'quota'],
    ['key', 'key'],
    ['model', 'model'],
    ['request', 'model'],
  ] as const)('%s is not tried again', (kind, giveUp) => {
    expect(nextStep([of(kind)], 0.5)).toEqual({ giveUp })
  })

  test('a time-out is tried once more at once, wherever the second one comes', () => {
    expect(nextStep([of('timeout')], 0.5)).toEqual({ wait: 0 })
    expect(nextStep([of('timeout'), of('server'), of('timeout')], 0.5)).toEqual({ giveUp: 'timeout' })
  })

  test('what the provider asks for is kept exactly, up to an hour', () => {
    fc.assert(
      fc.property(
        passing,
        fc.double({ min: 0.001, max: LONGEST_RETRY_AFTER_SECONDS, noNaN: true }),
        chance,
        (kind, seconds, random) => {
          expect(nextStep([of(kind, seconds)], random)).toEqual({ wait: seconds })
        },
      ),
    )
    expect(nextStep([of('rate-limit', LONGEST_RETRY_AFTER_SECONDS + 1)], 0.5)).toEqual({ giveUp: 'rate-limit' })
  })

  test('any sequence of faults ends after at most 8 requests, with waits of at most an hour', () => {
    const kinds = fc.constantFrom<FaultKind>(
      'server',
      'network',
      'empty',
      'rate-limit',
      'timeout',
      'quota',
      'key',
      'model',
      'request',
    )
    const anyFault = fc.record({ kind: kinds, after: fc.option(fc.double({ min: 0.001, max: 1e6, noNaN: true })) })
    fc.assert(
      fc.property(fc.array(anyFault, { minLength: 8, maxLength: 8 }), chance, (faults, random) => {
        const all = faults.map(({ kind, after }) => of(kind, after))
        const steps = all.map((_, index) => nextStep(all.slice(0, index + 1), random))
        const end = steps.findIndex((step) => 'giveUp' in step)
        expect(end).toBeGreaterThanOrEqual(0)
        const waits = steps.flatMap((step) => ('wait' in step ? step.wait : []))
        expect(waits.filter((wait) => !(wait >= 0 && wait <= LONGEST_RETRY_AFTER_SECONDS))).toEqual([])
      }),
    )
  })
})
