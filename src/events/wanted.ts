import { LOG_LEVELS, type LogLevel, type LogSubject } from '../vocabulary.ts'
import { type EventName, subjectOf } from './table.ts'

/** How much is logged: `level`, but of what a subject of `levels` has a level for. */
export interface Levels {
  readonly level: LogLevel
  readonly levels: { readonly [S in LogSubject]?: LogLevel }
}

/** Is so grave a line about that event wanted? */
export function isWanted({ level, levels }: Levels, event: EventName, at: LogLevel): boolean {
  return LOG_LEVELS.indexOf(at) >= LOG_LEVELS.indexOf(levels[subjectOf(event)] ?? level)
}

/** What the log itself has to let through for that. */
export function leastOf({ level, levels }: Levels): LogLevel {
  const least = Math.min(...[level, ...Object.values(levels)].map((one) => LOG_LEVELS.indexOf(one)))
  return LOG_LEVELS[least] ?? level
}
