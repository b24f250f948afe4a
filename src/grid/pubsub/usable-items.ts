import { createHash } from 'node:crypto'
import type { GridItem } from '../contract.ts'
import type { ReceivedItem } from './events.ts'

/** An item that can be handed on. */
export interface UsableItem extends ReceivedItem {
  readonly xml: string
  /** its id is ours: the Broker gave none, as it need not where nothing is kept (XEP-0060 §13.9) */
  readonly unnamed?: true
}

/** Those that have exactly one payload, with an id; and the others. */
export function sortOut(items: readonly ReceivedItem[]): { good: UsableItem[]; bad: ReceivedItem[] } {
  const good: UsableItem[] = []
  const bad: ReceivedItem[] = []
  for (const item of items) {
    if (item.xml === undefined) bad.push(item)
    else if (item.id === '') good.push({ ...item, xml: item.xml, id: hash(item.xml).digest('hex'), unnamed: true })
    else good.push({ ...item, xml: item.xml })
  }
  return { good, bad }
}

/** Those that are not among what was `handed` on, by id and digest. */
export function notHandedOn(
  items: readonly UsableItem[],
  handed: ReadonlyMap<string, string> | undefined,
): readonly UsableItem[] {
  if (handed === undefined) return items
  return items.filter(({ id, xml }) => !handed.has(id) || handed.get(id) !== digest(xml))
}

/** As they are handed on; `retained`: they were read, and did not arrive live. */
export function gridItems(topic: string, items: readonly UsableItem[], retained: boolean): GridItem[] {
  return items.map(({ id, unnamed, xml, publisher }) => ({
    topic,
    id,
    ...(unnamed === undefined ? {} : { unnamed }),
    xml,
    ...(publisher === undefined ? {} : { publisher }),
    retained,
  }))
}

export function digest(text: string): string {
  return hash(text).digest('base64')
}

function hash(text: string) {
  return createHash('sha256').update(text)
}
