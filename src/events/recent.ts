import type { Level } from '../tell.ts'

/** One line of what happened lately, for the status page. */
export interface RecentEvent {
  readonly at: number
  readonly level: Level
  readonly event: string
  readonly text: string
}

/** What happened lately. */
export interface Recent {
  /** Keeps the fixed sentence `text`, and behind it what is worth a glance of the fields. */
  add(event: Omit<RecentEvent, 'text'>, text: string, fields: Readonly<Record<string, unknown>>): void
  /** the latest first */
  list(): RecentEvent[]
}

const MOST = 50

export function createRecent(): Recent {
  const events: Told[] = []
  return {
    add(event, text, fields) {
      events.push({ event, text, fields })
      if (events.length > MOST) events.shift()
    },
    list: () => events.map(({ event, text, fields }) => ({ ...event, text: worded(text, fields) })).reverse(),
  }
}

/** Worded when somebody looks: hundreds a second are told that nobody ever sees. */
interface Told {
  readonly event: Omit<RecentEvent, 'text'>
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

function worded(text: string, fields: Told['fields']): string {
  const about = [
    fields.source ?? fields.topic ?? fields.part ?? fields.peer,
    fields.destination,
    fields.incident ?? fields.incidents,
  ]
  const where = about.filter((part) => part !== undefined && part !== null && String(part) !== '').join(' · ')
  const why = fields.reason ? `: ${String(fields.reason)}` : ''
  return `${text}${where ? ` (${where})` : ''}${why}`.slice(0, 400)
}
