/** Names of what lies in a run folder, relative to it and with forward slashes, as a journal names them. */

export const TRIALS_FOLDER = 'trials'

export function trialFolder(trial: number): string {
  return `${TRIALS_FOLDER}/${String(trial).padStart(4, '0')}`
}

/** One evaluation of a trial on val. */
export function evaluationFolder(trial: number, repeat: number): string {
  return `${trialFolder(trial)}/repeat-${repeat}`
}

/** The pipeline of a trial trained once more on all images but test. */
export function refitFolder(trial: number): string {
  return `${trialFolder(trial)}/refit`
}

/** What a trial did on the sealed test. */
export function testFolder(trial: number): string {
  return `${trialFolder(trial)}/test`
}
