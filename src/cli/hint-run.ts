import { resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { lockHolder } from '../files/index.ts'
import { addHint, MAX_HINT_LENGTH, openRun, readJournal } from '../journal/index.ts'
import type { Context } from './context.ts'
import { placeOf } from './run-place.ts'

/** `improve hint`: leaves word for the Analyst of a run that is at work or will go on. */
export async function hintRun(options: { run: string; text: string; out: string }, context: Context): Promise<void> {
  const { terminal } = context
  const folder = await openRun(options.run, resolve(terminal.cwd, options.out), terminal.cwd)
  const { place, called } = placeOf(folder, terminal.cwd)
  const text = checkText(options.text)
  const { state } = await readJournal(folder.folder)
  if (state.searchEnd !== null)
    throw new UsageError('nothing is proposed any more in this run: its search has ended', {
      evidence: [`${place}: ${state.searchEnd}`],
      fix: 'start a new run with --about "…"',
    })
  if (state.spec?.llm == null)
    throw new UsageError('the team of this run plays by rules and reads no words', {
      evidence: [`${place}: team ${state.spec?.team ?? 'unknown'}`],
      fix: 'hints are for runs with --llm; of every team, --pin and --freeze restrict the components',
    })
  await addHint(folder, text)
  const isAtWork = (await lockHolder(folder.lock)) !== null
  terminal.print(
    isAtWork
      ? 'the Analyst reads it before its next choice'
      : `the Analyst reads it when the run goes on: improve resume ${called}`,
  )
}

function checkText(text: string): string {
  const plain = text.trim()
  if (plain === '') throw new UsageError('the hint is empty', { fix: 'improve hint <run> "what you want to say"' })
  if (plain.length > MAX_HINT_LENGTH)
    throw new UsageError(`the hint has ${plain.length} characters, at most ${MAX_HINT_LENGTH} are told`, { fix: 'say it shorter' })
  return plain
}
