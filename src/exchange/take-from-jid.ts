import { incidentKey } from '../iodef/incident-id.ts'
import { typeOf } from '../profile/msg-types.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Exchange, Leg } from '../store/exchanges.ts'
import type { ExchangeContext } from './context.ts'
import { askedJids, bareOf } from './jids.ts'
import { takeOrHold } from './keep-late.ts'
import { isUndecided } from './states.ts'
import { questionOf } from './stored.ts'

/** `withheld`: whoever asked may not see it, and nobody has it; `refused`: it is about what was asked of him, and answers nothing of it. */
export type FromJid = 'taken' | 'withheld' | 'refused'

interface Asked {
  readonly exchange: string
  readonly n: number
}

/**
 * A `report` or `response` (XEP-0268) that somebody sent, full JID `from`, as an answer to what was asked of his bare JID: that of
 * the exchange in its context, else that of its incident. Committed when it resolves. Undefined: it answers nothing that was asked of him.
 */
export async function takeFromJid(
  context: ExchangeContext,
  from: string,
  inspection: Inspection,
): Promise<FromJid | undefined> {
  const { valid, item, document } = inspection
  if (!valid || item === null || document === null) return undefined
  if (item.element !== 'report' && item.element !== 'response') return undefined
  const bare = bareOf(from)
  const id = item.exchange?.id
  const asked = id === undefined ? undefined : await byExchange(context, bare, id)
  const leg = asked ?? (await byIncident(context, bare, inspection))
  if (leg === undefined) return undefined
  const taken = await takeOrHold(context, bare, leg, { kind: 'answer', inspection })
  if (taken === 'withheld') return taken
  return taken === 'unfit' || taken === 'full' ? 'refused' : 'taken'
}

/** The id is no secret: it counts together with who was asked. */
async function byExchange({ store }: ExchangeContext, bare: string, id: string): Promise<Asked | undefined> {
  const leg = (await store.exchange(id))?.legs.find((one) => isOf(bare, one))
  return leg && { exchange: id, n: leg.n }
}

/** The oldest question about that incident that he has not answered. A report may well be none: it has to have been asked for. */
async function byIncident(
  context: ExchangeContext,
  bare: string,
  { item, document }: Inspection,
): Promise<Asked | undefined> {
  const id = document?.incidents[0]?.id
  if (id === undefined || id.id === '') return undefined
  const isReport = item !== null && typeOf(item.element, item.policy?.attributes.MsgType) === 'Report'
  // that of an instance answers who asked for all of them (RFC 6545 §6.5)
  const keys = [...new Set([incidentKey(id), incidentKey({ ...id, instance: null })])]
  for await (const { exchange, target } of openAbout(context, bare, keys)) {
    const leg = exchange.legs.find((one) => isOf(bare, one) && one.target === target && isUndecided(one.state))
    if (leg === undefined) continue
    const wasAsked = leg.state === 'promised' || !isReport || context.asking.has(exchange.id, leg.n)
    if (wasAsked) return { exchange: exchange.id, n: leg.n }
  }
  return undefined
}

/** questions to one address whose documents are looked at */
const MOST = 100

/**
 * What he is asked for by one of these incidents; behind that, what is asked of him in a document with such a number of its own: who
 * knows XEP-0268 alone saw no other.
 */
async function* openAbout(
  { store, config }: ExchangeContext,
  bare: string,
  keys: readonly string[],
): AsyncGenerator<{ readonly exchange: Exchange; readonly target: string }> {
  const targets = askedJids(config.routes).filter((jid) => bareOf(jid) === bare)
  for (const target of targets) {
    const asked = await Promise.all(keys.map((key) => store.askedOf(target, key)))
    for (const id of asked.flat()) {
      const exchange = await store.exchange(id)
      if (exchange !== undefined) yield { exchange, target }
    }
  }
  for (const target of targets) {
    for (const { id } of await store.listExchanges({ states: ['open'], target, limit: MOST })) {
      const exchange = await store.exchange(id)
      const about = exchange && questionOf(exchange)?.about
      if (exchange !== undefined && about !== undefined && keys.includes(about)) yield { exchange, target }
    }
  }
}

function isOf(bare: string, { kind, target }: Leg): boolean {
  return kind === 'jid' && bareOf(target) === bare
}
