import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inLanes } from './in-lanes.ts'

test('items are worked on side by side, and results keep their order', async () => {
  let running = 0
  let most = 0
  const results = await inLanes(
    [30, 1, 1, 1],
    2,
    async (milliseconds) => {
      most = Math.max(most, ++running)
      await sleep(milliseconds)
      running--
      return milliseconds * 2
    },
    () => false,
  )
  expect({ results, most }).toEqual({ results: [60, 2, 2, 2], most: 2 })
})

test('after a last result nothing is begun', async () => {
  const begun: number[] = []
  const work = (item: number) => Promise.resolve(begun.push(item))
  expect(await inLanes([1, 2, 3], 1, work, (count) => count === 2)).toEqual([1, 2])
  expect(begun).toEqual([1, 2])
})

test('an error is thrown when the others have ended', async () => {
  let isEnded = false
  const work = async (item: number) => {
    if (item === 0) throw new Error('no')
    await sleep(20)
    isEnded = true
  }
  await expect(inLanes([0, 1], 2, work, () => false)).rejects.toThrow('no')
  expect(isEnded).toBe(true)
})
