import type { Exchange, ExchangeSummary, Leg } from '../store/exchanges.ts'
import { printable, table } from './output.ts'
import { isoTime } from './store.ts'

/** A question as `exchanges list --json` prints it. */
export function publicExchange(exchange: ExchangeSummary) {
  const { id, state, msgType, incident, opened, expires, closed, legs, answers } = exchange
  const asker = whoAsked(exchange)
  const asked = legs.map((leg) => ({ target: targetOf(leg), state: leg.state }))
  return { id, state, asker, msgType, incident, ...times({ opened, expires, closed }), legs: asked, answers }
}

/** `archive`, or `peer:NAME`: as `ask` of a route has it. */
export function targetOf({ kind, target }: Pick<Leg, 'kind' | 'target'>): string {
  return target === '' ? kind : `${kind}:${target}`
}

type Detailed = ReturnType<typeof detailedExchange>

/** A question as `exchanges show --json` prints it: neither what it asks, nor what it is answered with, nor a token. */
export function detailedExchange(exchange: Exchange) {
  const { id, state, outcome, address, msgType, incident, opened, pendingAt, expires, closed } = exchange
  const asker = whoAsked(exchange)
  return {
    ...{ id, state, outcome, asker, address, msgType, incident },
    ...times({ opened, pendingAt, expires, closed }),
    promised: exchange.token !== null,
    legs: exchange.legs.map((leg) => {
      const { n, reason, updated } = leg
      return { n, target: targetOf(leg), state: leg.state, reason, updated: isoTime(updated) }
    }),
    answers: exchange.answers.map(({ n, leg, msgType: type, at, sent, delivery = null }) => {
      return { n, leg: leg < 0 ? null : leg, msgType: type, at: isoTime(at), sent: isoTime(sent), delivery }
    }),
  }
}

function times<K extends string>(all: Readonly<Record<K, number | null>>): Record<K, string | null> {
  return Object.fromEntries(Object.entries<number | null>(all).map(([key, ms]) => [key, isoTime(ms)])) as Record<
    K,
    string | null
  >
}

/** The same for people. */
export function describeExchange({ legs, answers, ...rest }: Detailed): string {
  const lines = Object.entries(rest).map(
    ([key, value]) => `${`${key}:`.padEnd(11)}${printable(String(value === '' ? '-' : (value ?? '-')))}\n`,
  )
  const asked = legs.map((leg) => [String(leg.n), leg.target, leg.state, leg.updated ?? '-', leg.reason ?? ''])
  const answered = answers.map((one) => {
    return [String(one.n), String(one.leg ?? '-'), one.msgType, one.at ?? '-', one.sent ?? '-', one.delivery ?? '-']
  })
  const shown = [
    lines.join(''),
    table([['LEG', 'ASKED', 'STATE', 'SINCE', 'REASON'], ...asked]),
    answered.length > 0 ? table([['ANSWER', 'LEG', 'TYPE', 'CAME', 'SENT', 'DELIVERY'], ...answered]) : '',
  ]
  return shown.filter((part) => part !== '').join('\n')
}

/** A peer by its name, as everywhere; others as routes have them. */
export function whoAsked({ askerKind, asker }: Pick<ExchangeSummary, 'askerKind' | 'asker'>): string {
  return askerKind === 'peer' ? asker : `${askerKind}:${asker}`
}
