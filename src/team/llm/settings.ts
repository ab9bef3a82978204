import type { Ask } from '../../core/language-model.ts'
import type { ContractText } from './contract-text.ts'

export type LlmTeamOptions = {
  /** What `contractText` reads from the harness. */
  readonly contract: ContractText
  /** Names that PRETRAINED of model.py may ask for; none where everything is trained from scratch. */
  readonly weights: readonly string[]
  /** False: nothing is told of the images but their size and the number of classes (an ablation). */
  readonly datasetInfo: boolean
  /** The Architect writes file after file, each in a call of its own (an ablation). */
  readonly initStepByStep: boolean
  /** A language model sums up the past for the Analyst, in the place of our own lines (an ablation). */
  readonly historian: boolean
}

/** What every role works with. */
export type Desk = LlmTeamOptions & { readonly ask: Ask }
