/**
 * Does `work` for each item, `lanes` of them at a time, in order; results lie where their items do. After a result that `isLast`, no
 * further item is begun. When one throws, the others are waited for, so that nothing is left running, and then it is thrown.
 */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  work: (item: T) => Promise<R>,
  isLast: (result: R) => boolean,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      const result = await work(items[index] as T)
      results[index] = result
      if (isLast(result)) next = items.length
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return results.filter((_, index) => index in results)
}
