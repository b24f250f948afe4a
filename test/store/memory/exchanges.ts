import { isAskedFor } from '../../../src/iodef/incident-id.ts'
import type { NewDelivery } from '../../../src/store/contract.ts'
import type {
  Asked,
  AskLimits,
  ChangeOf,
  Exchange,
  ExchangeChange,
  ExchangeFilter,
  ExchangeSummary,
  Leg,
  NewExchange,
  NewLeg,
} from '../../../src/store/exchanges.ts'
import { type Data, type KeptExchange, key } from './data.ts'
import { take } from './intake.ts'

/** answers that are kept of one leg */
const MOST_ANSWERS = 50

type Asker = Pick<NewExchange, 'askerKind' | 'asker'>

function isOf(one: Asker, { askerKind = 'peer', asker }: Asker): boolean {
  return one.askerKind === askerKind && one.asker === asker
}

export function knownAs({ exchanges }: Data, from: Asker, question: string, since: number): Exchange | undefined {
  return [...exchanges.values()]
    .map(({ exchange }) => exchange)
    .findLast(
      ({ digest, state, closed, ...one }) =>
        isOf(one, from) && digest === question && (state === 'open' || (closed ?? 0) >= since),
    )
}

export function ask(
  data: Data,
  fresh: NewExchange,
  legs: readonly NewLeg[],
  limits: AskLimits,
  change: ChangeOf,
  now: number,
): Asked {
  const all = [...data.exchanges.values()].map(({ exchange }) => exchange)
  const known = knownAs(data, fresh, fresh.digest, limits.since)
  if (known !== undefined) return { outcome: 'known', exchange: known }
  const open = all.filter(({ state }) => state === 'open')
  if (open.filter((one) => isOf(one, fresh)).length >= limits.open) return { outcome: 'full', of: 'asker' }
  if (open.length >= limits.all) return { outcome: 'full', of: 'all' }
  const exchange: Exchange = {
    askerKind: 'peer',
    ...fresh,
    state: 'open',
    outcome: null,
    closed: null,
    token: null,
    legs: legs.map(({ kind, target }, n) => {
      return { n, kind, target, state: 'waiting', token: null, reason: null, updated: fresh.opened }
    }),
    answers: [],
  }
  const joined = legs.map(({ kind, target }) =>
    kind === 'peer' || kind === 'jid' ? asking(data, fresh.digest, kind, target) : undefined,
  )
  const afterwards = legs.flatMap((leg, n) => (leg.afterwards === undefined ? [] : [[n, leg.afterwards] as const]))
  data.exchanges.set(fresh.id, { exchange, joined, afterwards: new Map(afterwards) })
  for (const [n, { delivery }] of legs.entries()) {
    if (delivery !== undefined && joined[n] === undefined) queue(data, exchange, delivery, `leg ${n}`, now)
  }
  return { outcome: 'opened', exchange: alter(data, fresh.id, change, now) ?? exchange }
}

/** Id of the exchange that asks `target` the same question, and has no answer from there yet. */
function asking({ exchanges }: Data, digest: string, kind: Leg['kind'], target: string): string | undefined {
  for (const { exchange, joined } of exchanges.values()) {
    const n = exchange.legs.findIndex(
      (leg) => leg.kind === kind && leg.target === target && (leg.state === 'waiting' || leg.state === 'promised'),
    )
    if (n >= 0 && exchange.state === 'open' && exchange.digest === digest) return joined[n] ?? exchange.id
  }
  return undefined
}

export function sharing({ exchanges }: Data, id: string, n: number): { exchange: string; n: number }[] {
  const asked = exchanges.get(id)
  const leg = asked?.exchange.legs[n]
  if (asked === undefined || leg === undefined) return []
  const asks = asked.joined[n] ?? id
  return [...exchanges.values()].flatMap(({ exchange, joined }) =>
    exchange.id === id || exchange.state !== 'open'
      ? []
      : exchange.legs
          .filter((one) => one.kind === leg.kind && one.target === leg.target)
          .filter((one) => (joined[one.n] ?? exchange.id) === asks)
          .map((one) => ({ exchange: exchange.id, n: one.n })),
  )
}

export function alter(data: Data, id: string, change: ChangeOf, now: number): Exchange | undefined {
  const kept = data.exchanges.get(id)
  const changing = kept && change(kept.exchange)
  if (kept === undefined || changing === undefined) return kept?.exchange
  for (const { n, delivery } of changing.change.ask ?? []) queue(data, kept.exchange, delivery, `leg ${n}`, now)
  const next = delivered(data, withAnswers(kept, changing.change, now), changing.change, now)
  settleAs(data, next, closed(data, next, changing.change, now), now)
  data.trace.push(...(changing.trace ?? []))
  return data.exchanges.get(id)?.exchange
}

export function listed(
  { exchanges }: Data,
  { states, askerKind, asker, targetKind, target, incident, limit }: ExchangeFilter,
): ExchangeSummary[] {
  return [...exchanges.values()]
    .map(({ exchange }) => exchange)
    .filter((one) => states === undefined || states.includes(one.state))
    .filter((one) => askerKind === undefined || one.askerKind === askerKind)
    .filter((one) => asker === undefined || one.asker === asker)
    .filter(
      (one) =>
        target === undefined || one.legs.some((leg) => leg.target === target && leg.kind === (targetKind ?? leg.kind)),
    )
    .filter((one) => incident === undefined || isAskedFor(one.incident, incident))
    .slice(-limit)
    .map(
      ({ id, askerKind, asker: by, msgType, incident: about, state, opened, expires, closed: at, legs, answers }) => ({
        ...{ id, askerKind, asker: by, msgType, incident: about, state, opened, expires, closed: at },
        legs: legs.map(({ kind, target: to, state: is }) => ({ kind, target: to, state: is })),
        answers: answers.length,
      }),
    )
}

/** This delivery has come to whom it was for, or was withheld. */
export function settled(data: Data, delivery: string, to: 'delivered' | 'withheld', now: number): void {
  for (const kept of [...data.exchanges.values()]) {
    const { exchange } = kept
    const answers = exchange.answers.map((answer) =>
      to === 'delivered' && answer.delivery === delivery && answer.sent === null ? { ...answer, sent: now } : answer,
    )
    settleAs(data, kept, closed(data, { ...kept, exchange: { ...exchange, answers } }, {}, now), now)
  }
}

/** Once it is closed, what is left to do is queued. */
function settleAs(data: Data, kept: KeptExchange, exchange: Exchange, now: number): void {
  data.exchanges.set(exchange.id, { ...kept, exchange })
  if (kept.exchange.state !== 'open' || exchange.state === 'open') return
  for (const { n, token } of exchange.legs) {
    const delivery = kept.afterwards.get(n)
    if (delivery !== undefined && token !== null) queue(data, exchange, delivery, `afterwards ${n}`, now)
  }
}

function withAnswers(kept: KeptExchange, change: ExchangeChange, at: number): KeptExchange {
  const { exchange } = kept
  const legs = exchange.legs.map((one): Leg => {
    const asked = change.ask?.find(({ n }) => n === one.n)?.delivery
    const leg =
      asked === undefined ? one : { ...one, kind: asked.kind as Leg['kind'], target: asked.destination, updated: at }
    const to = change.legs?.find(({ n }) => n === leg.n)
    return to === undefined
      ? leg
      : { ...leg, state: to.state, token: to.token ?? leg.token, reason: to.reason ?? leg.reason, updated: at }
  })
  const answers = [...exchange.answers]
  for (const { leg, msgType, digest, body } of change.answers ?? []) {
    const ofLeg = answers.filter((one) => one.leg === leg)
    if (ofLeg.length >= MOST_ANSWERS || ofLeg.some((one) => one.digest === digest)) continue
    answers.push({ leg, msgType, digest, body, n: answers.length, at, sent: null })
  }
  const marked = answers.map((one) => (change.sent?.includes(one.n) ? { ...one, sent: at } : one))
  const { token = exchange.token, address = exchange.address, pendingAt = exchange.pendingAt } = change
  return { ...kept, exchange: { ...exchange, legs, answers: marked, token, address, pendingAt } }
}

function delivered(data: Data, kept: KeptExchange, { deliver }: ExchangeChange, now: number): KeptExchange {
  if (deliver === undefined) return kept
  const answers = kept.exchange.answers.map((answer) => {
    if (answer.sent !== null || answer.delivery !== undefined) return answer
    const delivery = deliver(answer)
    if (delivery === undefined) return { ...answer, sent: now }
    const id = queue(data, kept.exchange, delivery, `answer ${answer.n}`, now)
    return { ...answer, ...(id !== undefined && { delivery: id }) }
  })
  return { ...kept, exchange: { ...kept.exchange, answers } }
}

function closed(data: Data, { exchange }: KeptExchange, change: ExchangeChange, now: number): Exchange {
  const outcome = change.outcome ?? exchange.outcome
  const next = { ...exchange, outcome }
  if (exchange.state !== 'open') return next
  if (change.state !== undefined) return { ...next, state: change.state, closed: now }
  const isWithheld = (id = '') => data.deliveries.get(id)?.state === 'withheld'
  const isOver = exchange.answers.every((answer) => answer.sent !== null || isWithheld(answer.delivery))
  return outcome !== null && isOver ? { ...next, state: outcome, closed: now } : next
}

function queue(data: Data, { id, asker, msgType }: Exchange, delivery: NewDelivery, what: string, now: number) {
  const accepted = take(
    data,
    {
      direction: 'rid-to-rid',
      source: asker,
      digest: key(id, what),
      msgType,
      incidents: [delivery.incident],
      receivedAt: now,
      deliveries: [delivery],
    },
    now,
  )
  return accepted.outcome === 'accepted' ? accepted.deliveries[0] : undefined
}
