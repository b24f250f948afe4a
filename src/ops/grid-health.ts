import type { Clock } from '../clock.ts'
import type { GridState } from '../vocabulary.ts'
import { FINE, type Finding } from './readiness.ts'

/** ms, and how many sessions may end in that time before it is worth a word */
const WINDOW = 600_000
const ENDS = 3

/** What is known of the session with the Controller: also whether it keeps ending. */
interface GridHealth {
  told(state: GridState, reason: string | null): void
  read(): Finding
}

export function createGridHealth(clock: Pick<Clock, 'now'>): GridHealth {
  let state: GridState = 'down'
  let reason: string | null = 'Not connected yet.'
  let ends: number[] = []
  return {
    told(now, why) {
      if (state === 'up' && now !== 'up') ends = [...ends.slice(-99), clock.now()]
      // an attempt says nothing new: what went wrong last still holds
      if (now !== 'connecting' || why !== null) reason = why
      state = now
    },
    read() {
      if (state !== 'up')
        return { state: 'failed', reason: `${reason ?? 'Not connected.'} Reports are taken, and wait.` }
      ends = ends.filter((at) => at > clock.now() - WINDOW && at <= clock.now())
      if (reason !== null) return { state: 'degraded', reason }
      if (ends.length < ENDS) return FINE
      return {
        state: 'degraded',
        reason: `The session ended ${ends.length} times within 10 minutes. The lines \`controller-away\` of the log say why.`,
      }
    },
  }
}

const NOT_JOINED: Finding = { state: 'degraded', reason: 'It is not joined yet.' }

/** A Topic by its state at the Broker. */
export function topicFinding(state: GridState, reason: string | null): Finding {
  if (state === 'up') return reason === null ? FINE : { state: 'degraded', reason }
  // between a session and the end of the first look, nothing is wrong with the Topic itself
  if (state === 'down' && reason === null) return NOT_JOINED
  return { state: 'failed', reason: reason ?? 'It cannot be used.' }
}
