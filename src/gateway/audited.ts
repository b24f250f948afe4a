import type { Entry } from '../audit/chain.ts'
import type { EventName } from '../events/table.ts'

type Fields = Readonly<Record<string, unknown>>

/** How an event becomes an entry. */
interface Audited {
  readonly who: (fields: Fields, named: (source: unknown) => string) => string
  /** those of the event's fields that the entry has: ids, words and figures, no text that others write */
  readonly fields: readonly string[]
  /** of what anybody can make happen as often as they like, those of one key are counted, and told once a minute */
  readonly often?: (fields: Fields) => string
  readonly only?: (fields: Fields) => boolean
}

const gateway = () => 'gateway'
const source: Audited['who'] = (fields, named) => named(fields.source)
const client = ({ remote }: Fields) => `client:${remote ?? 'unknown'}`

const ARRIVED = ['message', 'msgType', 'envelope', 'incidents', 'code', 'deliveries']
const DELIVERY = ['delivery', 'source', 'kind', 'destination', 'incident', 'item', 'reason']
const QUESTION = ['exchange', 'msgType', 'code', 'legs', 'answers']

/** What the log of who did what has: docs/guide.md says it in words. Deeds of operators are read from the store. */
const AUDITED: Readonly<Partial<Record<EventName, Audited>>> = {
  serving: { who: gateway, fields: ['rid', 'ops', 'peers', 'topics'] },
  draining: { who: gateway, fields: [] },
  'configuration-read': { who: gateway, fields: ['sha256'] },
  'configuration-refused': { who: gateway, fields: ['reason'] },
  'certificate-expired': {
    who: gateway,
    fields: ['certificate', 'notAfter'],
    often: ({ certificate }) => `${certificate}`,
  },
  'controller-connected': { who: gateway, fields: ['jid', 'tls', 'mechanism'] },
  'controller-away': { who: gateway, fields: ['code'], often: ({ code }) => `${code}` },
  'topic-created': { who: gateway, fields: ['topic', 'access'] },
  'topic-repaired': { who: gateway, fields: ['topic', 'fields'] },
  'topic-readers': { who: gateway, fields: ['topic', 'added', 'removed'] },
  'subscription-request': {
    who: ({ jid }) => `jid:${String(jid).slice(0, 200)}`,
    fields: ['topic', 'answer'],
    often: ({ topic, answer }) => `${topic} ${answer}`,
  },
  accepted: { who: source, fields: ARRIVED },
  denied: { who: source, fields: ARRIVED },
  refused: { who: source, fields: ARRIVED },
  consumed: { who: source, fields: ARRIVED },
  'item-replaced': { who: ({ topic }) => `topic:${topic}`, fields: ['item'] },
  published: { who: gateway, fields: DELIVERY },
  delivered: { who: gateway, fields: DELIVERY },
  withheld: { who: gateway, fields: DELIVERY },
  asked: { who: source, fields: QUESTION },
  'question-denied': { who: source, fields: QUESTION },
  'trace-loop': { who: source, fields: QUESTION },
  answered: { who: source, fields: QUESTION },
  'answer-withheld': { who: source, fields: QUESTION },
  'callback-stolen': { who: ({ peer }, named) => named(peer), fields: ['msgType', 'owner'] },
  'rid-limited': {
    who: (fields, named) => (fields.peer === undefined ? client(fields) : named(fields.peer)),
    fields: ['limit'],
    often: ({ peer, limit }) => `${peer ?? ''} ${limit}`,
  },
  'rid-login-refused': {
    who: client,
    fields: ['peer', 'reason'],
    often: ({ peer, reason }) => `${peer ?? ''} ${reason}`,
  },
  'tls-refused': { who: client, fields: ['reason'], often: ({ reason }) => `${reason}` },
  'rid-request': {
    who: client,
    fields: ['status', 'request'],
    often: ({ status }) => `${status}`,
    only: ({ peer, status }) => peer === undefined && (status === 401 || status === 403),
  },
}

/** ms between two of a key */
const OFTEN = 60_000
const KEYS = 1_000

/** Makes entries of events. `named` tells a peer from a Topic. */
export function createAuditor(now: () => number, named: (source: unknown) => string, add: (entry: Entry) => void) {
  const told = new Map<string, { readonly at: number; last: Entry; more: number }>()

  function sayRest(key: string): void {
    const { last, more } = told.get(key) ?? {}
    told.delete(key)
    if (last !== undefined && more) add({ ...last, more })
  }

  return {
    heard(event: EventName, fields: Fields): void {
      const row = AUDITED[event]
      if (row === undefined || row.only?.(fields) === false) return
      const kept = row.fields.flatMap((name) => (fields[name] === undefined ? [] : [[name, fields[name]]]))
      const entry: Entry = { ...Object.fromEntries(kept), who: row.who(fields, named), what: event }
      if (row.often === undefined) {
        add(entry)
        return
      }
      const key = `${event} ${row.often(fields)}`
      const before = told.get(key)
      if (before !== undefined) {
        before.last = entry
        before.more += 1
        return
      }
      const [oldest] = told.keys()
      if (told.size >= KEYS && oldest !== undefined) sayRest(oldest)
      told.set(key, { at: now(), last: entry, more: 0 })
      add(entry)
    },
    /** Says how many more there were, of what was told a minute ago: to be called now and then, and with `all` at the end. */
    sayRest(all = false): void {
      for (const [key, { at }] of told) if (all || now() - at >= OFTEN || now() < at) sayRest(key)
    },
  }
}
