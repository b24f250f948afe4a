import { type Element, xml } from '@xmpp/client'
import { answerError, errorText, type IqAnswer, type StanzaError } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { type ReceivedItem, readItems } from './events.ts'
import { DISCO_ITEMS, disco, PUBSUB, pubsub, RSM } from './protocol.ts'
import { ReadAhead } from './read-ahead.ts'

/** UTF-16 code units of an item that is fetched alone because it was over the limit of what comes unasked */
const ANSWER_LIMIT = 8_388_608
/** a list of 100,000 ids; of all its pages together, too: a Broker may have a next page for ever */
const LIST_LIMIT = 16_777_216
/** what an id costs beside its characters */
const EACH_ID = 64
/** Ids a page, smaller where one is over the limit: ejabberd reads the whole Topic for each page of its list. */
const LIST_PAGES = [50_000, 2_000, 100]
/** Newest items, with their payloads, where no list is to be had; fewer where they are over the limit. */
const NEWEST = [10_000, 1_000, 100, 10, 1]

/** A Broker that cannot or will not, will not in a minute either. What else it says, of whatever type, may pass. */
const LASTING = new Set([
  'bad-request',
  'feature-not-implemented',
  'forbidden',
  'gone',
  'item-not-found',
  'not-acceptable',
  'not-allowed',
  'not-authorized',
  'payment-required',
  'registration-required',
  'subscription-required',
])

export interface Retained {
  readonly session: Session
  readonly broker: string
  readonly node: string
  readonly signal: AbortSignal
  /** of our subscription: a Broker that may have several asks for it (XEP-0060 §6.5.9.1) */
  readonly subid: string | undefined
  /** ids that are known not to be had */
  readonly flawed: ReadonlySet<string>
  /** an item that is over our limits even when it is fetched alone */
  readonly oversized: (id: string) => void
}

/** The session is gone, the Broker does not answer, or it will not say. */
export class BackfillError extends Error {
  readonly permanent: boolean
  /** what the Broker said, where it said something */
  readonly error: StanzaError | undefined
  /** the answer came, and is too long to be read */
  readonly oversized: boolean

  constructor(answer: Exclude<IqAnswer, { kind: 'result' }>, what: string) {
    super(answer.kind === 'error' ? `${what}: ${errorText(answer.error)}.` : answerError(answer, what).message)
    this.error = answer.kind === 'error' ? answer.error : undefined
    this.oversized = answer.kind === 'oversized'
    // nor will it be shorter in a minute
    this.permanent = this.error ? this.error.type !== 'wait' && LASTING.has(this.error.condition) : this.oversized
  }
}

/**
 * What a Broker keeps of a Topic: ids in Topic order, the oldest first. A Broker need not list them (XEP-0060 §5.5), and some list
 * is too long to be read: then it is what the newest items say, as many as can be had. Throws BackfillError.
 */
export async function listRetained(from: Retained): Promise<string[]> {
  const newest = await readNewest(from, 1)
  const list = await listIds(from).catch((error: unknown) => {
    if (newest !== 'oversized' && error instanceof BackfillError && error.permanent) return undefined
    throw error
  })
  const id = newest === 'oversized' ? undefined : newest.at(-1)
  if (list === undefined || (id !== undefined && !list.ids.includes(id))) {
    const read = await newestThatFit(from)
    // it may have been retracted between the two
    if (list === undefined || (id !== undefined && read.includes(id))) return read
  }
  const { ids, paged } = list
  // Prosody lists the newest first, ejabberd the oldest
  const at = ids.indexOf(id ?? '')
  const reversed =
    newest === 'oversized' ? await isFirstTooLong(from, ids, paged) : at !== -1 && at < (ids.length - 1) / 2
  return reversed ? ids.reverse() : ids
}

async function newestThatFit(from: Retained): Promise<string[]> {
  let most: BackfillError | undefined
  for (const count of NEWEST) {
    const newest = await readNewest(from, count)
    if (newest !== 'oversized') return newest
    most ??= new BackfillError({ kind: 'oversized' }, 'The retained items')
  }
  throw most ?? new Error('unreachable')
}

/** The ids of the newest `count` items. Throws BackfillError. */
export async function newestIds(from: Retained, count: number): Promise<string[]> {
  const newest = await readNewest(from, count)
  // all of their payloads come with them: a few large ones are enough
  return newest === 'oversized' ? (await listRetained(from)).slice(-count) : newest
}

/**
 * The payloads of `ids`, in this order, as they come. Items that have gone meanwhile are left out. Each is asked for by itself,
 * many at a time: ejabberd reads the whole Topic for a page and for every list of ids, and Prosody knows no pages. They are asked
 * for while those before them are worked on; until `idle` resolves they come in numbers. Throws BackfillError.
 */
export async function* fetchRetained(
  from: Retained,
  ids: readonly string[],
  idle: () => Promise<unknown> = () => Promise.resolve(),
): AsyncGenerator<ReceivedItem[], void, void> {
  const ahead = new ReadAhead(ids, (id) => fetchItem(from, id), sizeOf)
  try {
    for (let lot = await ahead.take(idle()); lot.length > 0; lot = await ahead.take(idle())) {
      const items: ReceivedItem[] = []
      for (const { key, answer } of lot) {
        const item = answer === 'oversized' ? await fetchItem(from, key, ANSWER_LIMIT) : answer
        if (item === 'oversized') from.oversized(key)
        else if (item !== 'gone') items.push(item)
      }
      if (items.length > 0) yield items
    }
  } finally {
    ahead.stop()
  }
}

/** One item by its id (XEP-0060 §6.5.8); undefined: it is not there, or too long to be read. Throws BackfillError. */
export async function readItem(
  where: Pick<Retained, 'session' | 'broker' | 'node' | 'signal'>,
  id: string,
): Promise<ReceivedItem | undefined> {
  const from = { ...where, subid: undefined, flawed: new Set<string>(), oversized: () => undefined }
  const item = await fetchItem(from, id, ANSWER_LIMIT)
  return typeof item === 'string' ? undefined : item
}

type Fetched = ReceivedItem | 'gone' | 'oversized'

function sizeOf(item: Fetched): number {
  return typeof item === 'string' ? 0 : (item.xml?.length ?? 0)
}

async function fetchItem(from: Retained, id: string, size?: number): Promise<Fetched> {
  const answer = await request(from, itemsRequest(from, [id]), size)
  if (answer.kind === 'oversized') return 'oversized'
  if (answer.kind === 'error' && answer.error.condition === 'item-not-found') return 'gone'
  if (answer.kind !== 'result') throw new BackfillError(answer, 'The retained items cannot be read')
  return answered(answer.stanza).find((item) => item.id === id) ?? 'gone'
}

async function readNewest(from: Retained, count: number): Promise<string[] | 'oversized'> {
  const answer = await request(from, itemsRequest(from, [], { max_items: String(count) }), ANSWER_LIMIT)
  if (answer.kind === 'oversized') return 'oversized'
  if (answer.kind !== 'result') throw new BackfillError(answer, 'The newest items cannot be read')
  return answered(answer.stanza).map((item) => item.id)
}

/** In the Broker's own order, and whether the Broker knows pages. */
async function listIds(from: Retained): Promise<{ ids: string[]; paged: boolean }> {
  const ids = new Set<string>()
  const sizes = [...LIST_PAGES]
  let after: string | undefined
  let length = 0
  for (;;) {
    const [size = 1] = sizes
    const rsm = xml('set', { xmlns: RSM }, xml('max', {}, String(size)), after && xml('after', {}, after))
    const answer = await request(from, disco(DISCO_ITEMS, from.node, rsm), LIST_LIMIT)
    if (answer.kind === 'oversized' && sizes.length > 1) {
      // long ids; a Broker that knows no pages gives the same again, a few times
      sizes.shift()
      continue
    }
    if (answer.kind !== 'result') throw new BackfillError(answer, 'The retained items cannot be listed')
    const query = answer.stanza.getChild('query', DISCO_ITEMS)
    const page = (query?.getChildren('item') ?? []).flatMap((item) => (item.attrs.name ? [item.attrs.name] : []))
    const before = ids.size
    for (const id of page) {
      length += id.length + EACH_ID
      ids.add(id)
    }
    if (length > LIST_LIMIT) throw new BackfillError({ kind: 'oversized' }, 'The list of retained items')
    const set = query?.getChild('set', RSM)
    const last = set?.getChildText('last') ?? undefined
    const count = Number.parseInt(set?.getChildText('count') ?? '', 10)
    // XEP-0059 §2.1: a page may be shorter than was asked for, and the count may be a guess
    const whole = page.length < size && ids.size >= count
    // whoever does not know `after` gives the same page for ever
    if (last === undefined || ids.size === before || whole) return { ids: [...ids], paged: set !== undefined }
    after = last
  }
}

/** The newest item is too long to be read: so is one end of the list, and it is that end. */
async function isFirstTooLong(from: Retained, ids: readonly string[], paged: boolean): Promise<boolean> {
  const [first] = ids
  const last = ids.at(-1)
  if (first === undefined || last === undefined || !(await isTooLong(from, first))) return false
  // both are: Prosody has no pages
  return !paged || !(await isTooLong(from, last))
}

async function isTooLong(from: Retained, id: string): Promise<boolean> {
  if (from.flawed.has(id)) return true
  if ((await fetchItem(from, id, ANSWER_LIMIT)) !== 'oversized') return false
  // and not asked for again
  from.oversized(id)
  return true
}

function itemsRequest(from: Retained, ids: readonly string[], attributes: Record<string, string> = {}): string {
  const { node, subid } = from
  return pubsub(xml('items', { node, subid, ...attributes }, ...ids.map((id) => xml('item', { id }))))
}

function answered(stanza: Element): ReceivedItem[] {
  return readItems(stanza.getChild('pubsub', PUBSUB)?.getChild('items'))
}

function request(from: Retained, payload: string, size: number | undefined): Promise<IqAnswer> {
  const { session, broker, signal } = from
  // a Broker may read the whole Topic to answer
  return session.request({
    to: broker,
    type: 'get',
    payload,
    timeoutMs: 60_000,
    signal,
    ...(size !== undefined && { size }),
  })
}
