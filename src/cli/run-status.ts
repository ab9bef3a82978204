import { lockHolder } from '../files/index.ts'
import { runFolder } from '../journal/index.ts'
import type { RunState } from '../core/run-state.ts'

/** Whether a run is at work now, which the journal alone cannot say: a killed process writes no last line. */
export type RunStatus =
  | { readonly status: 'running'; readonly pid: number }
  | { readonly status: 'interrupted' | 'finished'; readonly pid: null }

export async function statusOf(folder: string, state: RunState): Promise<RunStatus> {
  const holder = await lockHolder(runFolder(folder).lock)
  if (holder !== null) return { status: 'running', pid: holder.pid }
  return { status: state.status === 'finished' ? 'finished' : 'interrupted', pid: null }
}

export function statusText({ status, pid }: RunStatus): string {
  return pid === null ? status : `${status}, process ${pid}`
}
