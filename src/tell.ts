/** error = loss, or a human is needed; warn = the gateway recovers alone, or told the sender; info = lifecycle, accepted, delivered. */
export type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug'

/**
 * How a room says that something happened. `News` has the names of what it may tell, each with the fields of its log line: ids and
 * figures, never what a document says. Level, sentence and metric of each are in src/events/. `level`: of an event that has several.
 */
export type Tell<News> = (
  ...told: { readonly [K in keyof News]: [event: K, fields: News[K], level?: Level] }[keyof News]
) => void

/** For whoever has nobody to tell: a command, whose reader sees its result. */
export function untold(): void {}
