import type { LabelOf, MetricName } from '../metrics.ts'
import type { Level } from '../tell.ts'

/** What one event is, wherever it is told. */
export interface EventRow<Fields> {
  /** its level, or all it may have, the gravest first: then whoever tells it says which */
  readonly level: Level | readonly [Level, ...Level[]]
  /** A fixed sentence: outside tools match on it, and on the event's name. The fields hold the particulars. */
  readonly text: string
  /** what somebody who meets it in the log should know or do, as docs/guide.md says it; a debug line needs none */
  readonly help?: string
  readonly measures?: readonly Measure<Fields>[]
  /** it belongs to the life of an incident: a trace row, in the commit that makes it true */
  readonly traced?: true
  /** characters that a field shows: strangers write it */
  readonly cut?: { readonly [F in keyof Fields]?: number }
  /** Anybody can make it happen as often as they like: what has the same key is counted each time and told now and then. */
  readonly seldom?: (fields: Fields) => string
  /** not on the status page, which shows the last fifty: clients can make it happen as often as they like */
  readonly offPage?: true
}

/** A step of a counter, an observation of a histogram, or what a gauge now shows: by 1 unless `value` says otherwise. */
export type Measure<Fields> = {
  readonly [M in MetricName]: {
    readonly metric: M
    readonly labels: { readonly [L in LabelOf<M>]: string | ((fields: Fields) => string) }
    readonly value?: (fields: Fields) => number
  }
}[MetricName]

/** A row for each of the `News` that a room may tell. */
export type Rows<News> = { readonly [K in keyof News]: EventRow<News[K]> }
