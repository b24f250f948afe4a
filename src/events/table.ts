import type { GridNews } from '../grid/news.ts'
import type { RidNews } from '../rid/news.ts'
import type { StoreNews } from '../store/news.ts'
import { LOG_SUBJECTS, type LogSubject } from '../vocabulary.ts'
import { DELIVERIES, type DeliveryNews } from './deliveries.ts'
import { ENGINE, type EngineNews } from './engine.ts'
import { EXCHANGES, type ExchangeNews } from './exchanges.ts'
import { GRID } from './grid.ts'
import { MESSAGES, type MessageNews } from './messages.ts'
import { type OpsNews, PROCESS, type ProcessNews } from './process.ts'
import { RID } from './rid.ts'

/** Everything that happens: no line of the log says anything else. docs/reference.md has the same table, but for what is debug alone. */
export const EVENTS = { ...MESSAGES, ...DELIVERIES, ...EXCHANGES, ...ENGINE, ...RID, ...GRID, ...PROCESS } as const

/** What each event is about. */
const SUBJECTS = {
  messages: MESSAGES,
  deliveries: { ...DELIVERIES, ...ENGINE },
  questions: EXCHANGES,
  rid: RID,
  grid: GRID,
  process: PROCESS,
} as const satisfies Record<LogSubject, object>

const SUBJECT_OF: ReadonlyMap<string, LogSubject> = new Map(
  LOG_SUBJECTS.flatMap((subject) => Object.keys(SUBJECTS[subject]).map((event) => [event, subject] as const)),
)

export function subjectOf(event: EventName): LogSubject {
  // each table is there: no name stands for two events
  return SUBJECT_OF.get(event) ?? 'process'
}

export type EventName = keyof typeof EVENTS

export interface News
  extends MessageNews,
    DeliveryNews,
    ExchangeNews,
    EngineNews,
    RidNews,
    GridNews,
    StoreNews,
    OpsNews,
    ProcessNews {}

/** The events that an incident's trace has. */
export type TracedName = {
  [K in EventName]: (typeof EVENTS)[K] extends { readonly traced: true } ? K : never
}[EventName]
