import { createHash } from 'node:crypto'
import { sameButForWriting } from '../xmpp/same.ts'

interface Sent {
  readonly xml: string
  readonly proved: () => void
  /** what the Broker showed under its id, not yet compared */
  seen: (() => string | undefined) | undefined
  look: NodeJS.Timeout | undefined
}

/** Items whose fate is not known: so many characters of them are remembered. */
const CHARACTERS = 16_777_216
/** ms: mostly the answer comes right behind the event, and to compare two texts costs more than to wait */
const BEHIND = 1_000
/** Items that came through unnoticed, and were not asked about since. */
const FOUND = 1_000

/**
 * Proof that an item is on its Topic, beside the Broker's answer in time: the answer that comes late, and the item itself, seen among the
 * Topic's events.
 */
export class Proofs {
  readonly #sent = new Map<string, Sent>()
  /** digests, by key */
  readonly #found = new Map<string, string>()
  #characters = 0

  /** It is about to be written. `proved` is called at most once, when it turns out to be there before anybody called `settle`. */
  expect(topic: string, itemId: string, xml: string, proved: () => void): void {
    const key = keyOf(topic, itemId)
    this.#forget(key)
    this.#sent.set(key, { xml, proved, seen: undefined, look: undefined })
    this.#characters += xml.length
    for (const oldest of this.#sent.keys()) {
      if (this.#characters <= CHARACTERS) break
      this.#forget(oldest)
    }
  }

  /** It was answered: there is nothing more to find out. */
  settle(topic: string, itemId: string): void {
    this.#forget(keyOf(topic, itemId))
  }

  /** The Broker's result to that text came, when nobody waited for it. Another may have been sent under its id since. */
  late(topic: string, itemId: string, xml: string): void {
    const key = keyOf(topic, itemId)
    const sent = this.#sent.get(key)
    if (sent?.xml === xml) this.#find(key, sent)
  }

  /** Its answer is still waited for, or would be of use. */
  awaits(topic: string, itemId: string): boolean {
    return this.#sent.has(keyOf(topic, itemId))
  }

  /** The Broker shows that item; `xml` is asked for only if its answer does not come. */
  seen(topic: string, itemId: string, xml: () => string | undefined): void {
    const key = keyOf(topic, itemId)
    const sent = this.#sent.get(key)
    if (sent === undefined) return
    sent.seen = xml
    sent.look ??= setTimeout(() => this.#compare(key), BEHIND).unref()
  }

  /** Did this very item come through since it was given up? It is asked once. */
  take(topic: string, itemId: string, xml: string): boolean {
    const key = keyOf(topic, itemId)
    this.#compare(key)
    const found = this.#found.get(key)
    this.#found.delete(key)
    return found !== undefined && found === digest(xml)
  }

  /** Others may publish another item under its id. */
  #compare(key: string): void {
    const sent = this.#sent.get(key)
    if (sent === undefined) return
    const seen = sent.seen?.()
    if (seen !== undefined && sameButForWriting(sent.xml, seen)) this.#find(key, sent)
    else sawNothing(sent)
  }

  #find(key: string, sent: Sent): void {
    this.#forget(key)
    this.#found.set(key, digest(sent.xml))
    for (const oldest of this.#found.keys()) {
      if (this.#found.size <= FOUND) break
      this.#found.delete(oldest)
    }
    sent.proved()
  }

  #forget(key: string): void {
    const sent = this.#sent.get(key)
    if (sent === undefined) return
    sawNothing(sent)
    this.#characters -= sent.xml.length
    this.#sent.delete(key)
  }
}

/** What is old by now and names what is new would have V8 take that for old, too. */
function sawNothing(sent: Sent): void {
  clearTimeout(sent.look)
  sent.look = undefined
  sent.seen = undefined
}

function keyOf(topic: string, itemId: string): string {
  return `${topic}\n${itemId}`
}

function digest(xml: string): string {
  return createHash('sha256').update(xml).digest('base64')
}
