import { type Element, xml } from '@xmpp/client'
import { type ReceivedItem, readItems } from './events.ts'
import { answerError, errorText, type IqAnswer } from './iq.ts'
import { DISCO_ITEMS, disco, PUBSUB, pubsub, RSM } from './pubsub.ts'
import type { Session } from './session.ts'

/** UTF-16 code units of an item that is fetched alone because it was over the limit of what comes unasked */
const ANSWER_LIMIT = 8_388_608
/** items asked for at once */
const WINDOW = 32
/** a list of 100,000 ids */
const LIST_LIMIT = 16_777_216
/** ejabberd reads the whole Topic for each page of its list */
const LIST_PAGE = 50_000
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
export async function listRetained(from: Retained): Promise<string[]> {
  const newest = await newestItem(from)
  const ids: string[] = []
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
    after = last
    if (page.length < LIST_PAGE) break
  }
  // Prosody lists the newest first, ejabberd the oldest
  const at = newest === undefined ? -1 : ids.indexOf(newest)
  if (at !== -1 && at < (ids.length - 1) / 2) ids.reverse()
  return ids
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
 * The payloads of `ids`, in this order, as they come. Items that have gone meanwhile are left out. Each is asked for by itself,
 * many at a time: ejabberd reads the whole Topic for a page and for every list of ids, and Prosody knows no pages. Throws
 * BackfillError.
 */
export async function* fetchRetained(
  from: Retained,
  ids: readonly string[],
): AsyncGenerator<ReceivedItem[], void, void> {
  const asked: { readonly id: string; readonly item: Promise<Fetched>; done: Fetched | undefined }[] = []
  let next = 0
  for (;;) {
    for (let id = ids[next]; id !== undefined && asked.length < WINDOW; id = ids[next]) {
      const entry = { id, item: fetchItem(from, id), done: undefined as Fetched | undefined }
      entry.item.then(
        (item) => {
          entry.done = item
        },
        // whoever waits for it hears of it
        () => undefined,
      )
      asked.push(entry)
      next += 1
    }
    const first = asked[0]
    if (first === undefined) return
    await first.item
    const items: ReceivedItem[] = []
    for (let entry = asked[0]; entry?.done !== undefined; entry = asked[0]) {
      const item = entry.done === 'oversized' ? await fetchItem(from, entry.id, ANSWER_LIMIT) : entry.done
      if (item === 'oversized') from.oversized(entry.id)
      else if (item !== 'gone') items.push(item)
      asked.shift()
    }
    if (items.length > 0) yield items
  }
}

type Fetched = ReceivedItem | 'gone' | 'oversized'

async function fetchItem(from: Retained, id: string, size?: number): Promise<Fetched> {
  const answer = await request(from, itemsRequest(from.node, [id]), size)
  if (answer.kind === 'oversized') return 'oversized'
  if (answer.kind === 'error' && answer.error.condition === 'item-not-found') return 'gone'
  if (answer.kind !== 'result') throw new BackfillError(answer, 'The retained items cannot be read')
  return answered(answer.stanza).find((item) => item.id === id) ?? 'gone'
}

async function newestItem(from: Retained): Promise<string | undefined> {
  const request = itemsRequest(from.node, [], { max_items: '1' })
  const stanza = await ask(from, request, ANSWER_LIMIT, 'The newest item cannot be read')
  return answered(stanza).at(-1)?.id
}

function itemsRequest(node: string, ids: readonly string[], attributes: Record<string, string> = {}): string {
  return pubsub(xml('items', { node, ...attributes }, ...ids.map((id) => xml('item', { id }))))
}

function answered(stanza: Element): ReceivedItem[] {
  return readItems(stanza.getChild('pubsub', PUBSUB)?.getChild('items'))
}

async function ask(from: Retained, payload: string, size: number, what: string): Promise<Element> {
  const answer = await request(from, payload, size)
  if (answer.kind !== 'result') throw new BackfillError(answer, what)
  return answer.stanza
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
