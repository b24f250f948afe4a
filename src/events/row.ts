import type { LabelOf, MetricName } from '../metrics.ts'
import type { Level } from '../tell.ts'

/** What one event is, wherever it is told. */
export interface EventRow<Fields> {
  /** one level; or several, the gravest first: then whoever tells the event says which */
  readonly level: Level | readonly [Level, ...Level[]]
  /** A fixed sentence: outside tools match on it, and on the event's name. The fields hold the particulars. */
  readonly text: string
  /** what somebody who meets the line should know or do, as docs/reference.md says it; undefined for what is debug alone */
  readonly help?: string
  readonly measures?: readonly Measure<Fields>[]
  /** part of the life of an incident: a trace row, in the commit that makes the event true */
  readonly traced?: true
  /** characters shown of fields that strangers write */
  readonly cut?: { readonly [F in keyof Fields]?: number }
  /** for what anybody can make happen as often as they like: events of one key are all counted, and told now and then */
  readonly seldom?: (fields: Fields) => string
  /** ms between two of a key that are told [1000] */
  readonly every?: number
  /** kept off the status page, which shows the last fifty: clients can make the event happen as often as they like */
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
