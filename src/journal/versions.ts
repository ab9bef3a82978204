import { ExternalError } from '../core/errors.ts'

/** Turns the event of one version of the format, as parsed JSON, into that of the next. */
export type Upgrade = (event: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

/** In order: the first turns version 1 into 2. Each has a recorded journal of its version in `samples/`. */
export const UPGRADES: readonly Upgrade[] = []

/** The version that this program writes. */
export const FORMAT_VERSION = UPGRADES.length + 1

/** Brings an event of any known version to the newest. */
export function upgradeEvent(event: Readonly<Record<string, unknown>>, version: number, upgrades = UPGRADES): unknown {
  if (version > upgrades.length + 1) {
    throw new ExternalError('journal', `this run was written by a newer improve (its journal has format ${version})`, {
      fix: 'update improve',
    })
  }
  return upgrades.slice(version - 1).reduce((current, upgrade) => upgrade(current), event)
}
