/** A count of what was tried and what failed. */
export type Proof = {
  readonly name: string
  readonly tried: number
  readonly failed: number
  /** What the figure says, as a sentence. */
  readonly claim: string
  /** Further figures. */
  readonly found?: readonly string[]
  readonly failures: readonly string[]
}

export type Suite = (onNote: (line: string) => void) => Promise<Proof>

export function proofLine({ name, tried, failed, claim }: Proof): string {
  return `${name.padEnd(18)} ${tried} tried, ${failed} failed   ${claim}`
}
