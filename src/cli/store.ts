import { userInfo } from 'node:os'
import { systemClock } from '../clock.ts'
import type { DeliverySummary } from '../store/contract.ts'
import { openBeside } from '../store/open-store.ts'
import type { WholeStore } from '../store/whole-store.ts'
import { untold } from '../tell.ts'
import { configWithoutLogin } from './options.ts'
import type { Io } from './output.ts'

/** The store of the configuration, beside a gateway that may be running; one that is not there is exit code 3. */
export function storeOf(values: { config?: string | undefined }, io: Io): Promise<WholeStore> {
  return openBeside(configWithoutLogin(values, io).store, { tell: untold, clock: systemClock })
}

/** A delivery as `queue list --json` prints it. */
export function publicDelivery(delivery: DeliverySummary) {
  const { id, direction, source, destination, incident, state, attempts, nextAttempt, reason } = delivery
  return { id, direction, source, destination, incident, state, attempts, nextAttempt: isoTime(nextAttempt), reason }
}

export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

/** `2026-11-22 20:31:07Z`, for people. */
export function shortTime(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString().slice(0, 19).replace('T', ' ').concat('Z')
}

/** Who does it, for the trace: the user of the machine, behind sudo too. */
export function operatorName(env: Io['env']): string {
  try {
    const { username } = userInfo()
    return username === 'root' ? (env.SUDO_USER ?? username) : username
  } catch {
    // a user without a name: in a container, mostly
    return `uid ${process.getuid?.() ?? '?'}`
  }
}
