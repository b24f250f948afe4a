import { type Element, xml } from '@xmpp/client'
import { type ReceivedItem, readItems } from './events.ts'
import { answerError, errorText, type IqAnswer } from './iq.ts'
import { DISCO_ITEMS, disco, PUBSUB, pubsub, RSM } from './pubsub.ts'
import type { Session } from './session.ts'

/** UTF-16 code units an answer full of items may have, and how many are asked for, so that it stays far below that. */
const ANSWER_LIMIT = 8_388_608
const ANSWER_TARGET = 2_097_152
const FIRST_BATCH = 10
const MAX_BATCH = 500
/** a list of 100,000 ids */
const LIST_LIMIT = 16_777_216
const LIST_PAGE = 5_000
/** unseen items from which on reading everything in pages is cheaper for a Broker than looking each up */
const PAGING_FROM = 50

export interface Retained {
  readonly session: Session
  readonly broker: string
  readonly node: string
  readonly signal: AbortSignal
  /** an item that is over our limits even when it is fetched alone */
  readonly oversized: (id: string) => void
}

/** The session is gone, the Broker does not answer, or it will not say. */
export class BackfillError extends Error {
  readonly permanent: boolean

  constructor(answer: Exclude<IqAnswer, { kind: 'result' }>, what: string) {
    super(answer.kind === 'error' ? `${what}: ${errorText(answer.error)}.` : answerError(answer, what).message)
    // 'wait' passes; a Broker that cannot or will not, will not in a minute either
    this.permanent = answer.kind === 'error' && answer.error.type !== 'wait'
  }
}

/** What a Broker keeps of a Topic: ids in Topic order, the oldest first. Throws BackfillError. */
export async function listRetained(from: Retained): Promise<{ ids: string[]; paged: boolean }> {
  const newest = await newestItem(from)
  const ids: string[] = []
  let paged = false
  let after: string | undefined
  for (;;) {
    const set = xml('set', { xmlns: RSM }, xml('max', {}, String(LIST_PAGE)), after && xml('after', {}, after))
    const stanza = await ask(
      from,
      disco(DISCO_ITEMS, from.node, set),
      LIST_LIMIT,
      'The retained items cannot be listed',
    )
    const query = stanza.getChild('query', DISCO_ITEMS)
    const page = (query?.getChildren('item') ?? []).flatMap((item) => (item.attrs.name ? [item.attrs.name] : []))
    ids.push(...page)
    const last = query?.getChild('set', RSM)?.getChildText('last') ?? undefined
    if (last === undefined || page.length === 0 || last === after) break
    paged = true
    after = last
    if (page.length < LIST_PAGE) break
  }
  // Prosody lists the newest first, ejabberd the oldest
  const at = newest.id === undefined ? -1 : ids.indexOf(newest.id)
  if (at !== -1 && at < (ids.length - 1) / 2) ids.reverse()
  return { ids, paged: paged || newest.paged }
}

/** The ids of the newest `count` items. Throws BackfillError. */
export async function newestIds(from: Retained, count: number): Promise<string[]> {
  const stanza = await ask(
    from,
    itemsRequest(from.node, [], { max_items: String(count) }),
    ANSWER_LIMIT,
    'The newest items',
  )
  return answered(stanza).map((item) => item.id)
}

/**
 * The payloads of `ids`, in this order and in batches of bounded size. Items that have gone meanwhile are left out. Throws
 * BackfillError.
 */
export async function* fetchRetained(
  from: Retained,
  ids: readonly string[],
  paged: boolean,
): AsyncGenerator<ReceivedItem[], void, void> {
  let rest = ids
  if (paged && ids.length >= PAGING_FROM) {
    const wanted = new Set(ids)
    for await (const { items: page, full } of pages(from)) {
      const items = page.filter((item) => wanted.delete(item.id))
      if (items.length > 0) yield items
      // what is published from now on comes live: on a busy Topic the last page would never come
      if (wanted.size === 0 || (items.length === 0 && !full)) break
    }
    // what a page could not hold
    rest = ids.filter((id) => wanted.has(id))
  }
  let size = FIRST_BATCH
  for (let i = 0; i < rest.length; ) {
    const batch = rest.slice(i, i + size)
    const items = await fetchBatch(from, batch)
    if (items === 'oversized') {
      if (batch.length > 1) {
        size = Math.max(1, Math.floor(batch.length / 4))
        continue
      }
      from.oversized(batch[0] as string)
      i += 1
      continue
    }
    i += batch.length
    size = nextSize(items, size)
    if (items.length > 0) yield items
  }
}

/** All items, the oldest first, by XEP-0059. Ends early where one does not fit into an answer. */
async function* pages(from: Retained): AsyncGenerator<{ items: ReceivedItem[]; full: boolean }, void, void> {
  let after: string | undefined
  let size = FIRST_BATCH
  for (;;) {
    const set = xml('set', { xmlns: RSM }, xml('max', {}, String(size)), after && xml('after', {}, after))
    const answer = await request(from, pubsub(xml('items', { node: from.node }), set), ANSWER_LIMIT)
    if (answer.kind === 'oversized') {
      if (size === 1) return
      size = Math.max(1, Math.floor(size / 4))
      continue
    }
    if (answer.kind !== 'result') throw new BackfillError(answer, 'The retained items cannot be read')
    const items = answered(answer.stanza)
    if (items.length > 0) yield { items, full: items.length >= size }
    const last = answer.stanza.getChild('pubsub', PUBSUB)?.getChild('set', RSM)?.getChildText('last') ?? undefined
    if (last === undefined || last === after || items.length === 0) return
    after = last
    size = nextSize(items, size)
  }
}

async function fetchBatch(from: Retained, ids: readonly string[]): Promise<ReceivedItem[] | 'oversized'> {
  const answer = await request(from, itemsRequest(from.node, ids), ANSWER_LIMIT)
  if (answer.kind === 'oversized') return 'oversized'
  if (answer.kind === 'error' && ids.length === 1 && answer.error.condition === 'item-not-found') return []
  if (answer.kind === 'error' && ids.length > 1 && answer.error.type !== 'wait') {
    // one of them may be what it refuses
    const items: ReceivedItem[] = []
    for (const id of ids) {
      const one = await fetchBatch(from, [id])
      if (one === 'oversized') from.oversized(id)
      else items.push(...one)
    }
    return items
  }
  if (answer.kind !== 'result') throw new BackfillError(answer, 'The retained items cannot be read')
  const byId = new Map(answered(answer.stanza).map((item) => [item.id, item]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

async function newestItem(from: Retained): Promise<{ id: string | undefined; paged: boolean }> {
  const request = itemsRequest(from.node, [], { max_items: '1' })
  const stanza = await ask(from, request, ANSWER_LIMIT, 'The newest item cannot be read')
  return {
    id: answered(stanza).at(-1)?.id,
    paged: stanza.getChild('pubsub', PUBSUB)?.getChild('set', RSM) !== undefined,
  }
}

function itemsRequest(node: string, ids: readonly string[], attributes: Record<string, string> = {}): string {
  return pubsub(xml('items', { node, ...attributes }, ...ids.map((id) => xml('item', { id }))))
}

function answered(stanza: Element): ReceivedItem[] {
  return readItems(stanza.getChild('pubsub', PUBSUB)?.getChild('items'))
}

/** As many as make about two mebibytes, from what the last ones were like. */
function nextSize(items: readonly ReceivedItem[], size: number): number {
  if (items.length === 0) return size
  const average = items.reduce((sum, item) => sum + (item.xml?.length ?? 0) + 200, 0) / items.length
  return Math.max(1, Math.min(MAX_BATCH, size * 2, Math.floor(ANSWER_TARGET / average)))
}

async function ask(from: Retained, payload: string, size: number, what: string): Promise<Element> {
  const answer = await request(from, payload, size)
  if (answer.kind !== 'result') throw new BackfillError(answer, what)
  return answer.stanza
}

function request(from: Retained, payload: string, size: number): Promise<IqAnswer> {
  const { session, broker, signal } = from
  // a Broker may read the whole Topic to answer
  return session.request({ to: broker, type: 'get', payload, size, timeoutMs: 60_000, signal })
}
