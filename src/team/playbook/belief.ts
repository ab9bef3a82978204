/** A belief about a gain in points, as a normal distribution. */
export type Belief = { readonly mean: number; readonly deviation: number }

/** Precision-weighted mean of beliefs that do not depend on each other; at least one. */
export function combine(beliefs: readonly Belief[]): Belief {
  const weights = beliefs.map(({ deviation }) => 1 / deviation ** 2)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = beliefs.reduce((sum, belief, index) => sum + belief.mean * (weights[index] ?? 0), 0) / total
  return { mean, deviation: Math.sqrt(1 / total) }
}

/** What measured gains of relatives, at least one, say about a further one: their mean, uncertain by noise and by how far relatives lie apart. */
export function generalise(relatives: readonly Belief[], spread: number): Belief {
  const { mean, deviation } = combine(relatives)
  return { mean, deviation: Math.sqrt(deviation ** 2 + spread ** 2 + spread ** 2 / relatives.length) }
}
