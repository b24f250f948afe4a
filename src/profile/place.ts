import { attribute, type XmlElement } from '../xml/tree.ts'
import { isInTree, merkleTree } from './merkle-tree.ts'

/**
 * Items that one document may have: for each of them every destination keeps a note until it came. A list of 3,900 stopped a gateway
 * with 100 peers for over a second.
 */
export const MOST_ITEMS = 500

/** Items of a document that each list all of them: of more, the lists would grow as the square, and soon be longer than what they list. */
export const MOST_LISTED_BY_EACH = 32

/** An item's place in a document of several, as its context has it (docs/grid-profile.md §4.1). */
export interface Place {
  /** from 1, among the items of the document */
  readonly position: number
  /** the ids of all items of the document, in document order: several can be equal; none where the item does not say them */
  readonly items: readonly string[]
  /** of a long document: what names its list, also for items without it */
  readonly list: ListName | null
}

interface ListName {
  /** its Merkle Tree Hash (RFC 9162 §2.1.1) */
  readonly name: string
  /** how many it has */
  readonly of: number
  /** base64: shows that the item is at its place; '' where the list itself does */
  readonly proof: string
}

const ALONE: Place = { position: 1, items: [], list: null }

/** The places of the items of one document, by index from 0; `withList`: as an item says it that lists all, however many. */
export function placesOf(items: readonly string[], isLong: boolean): (index: number, withList: boolean) => Place {
  if (!isLong) return (index) => ({ position: index + 1, items, list: null })
  const { name, proof } = merkleTree(items)
  return (index, withList) => ({
    position: index + 1,
    items: withList ? items : [],
    list: { name, of: items.length, proof: withList ? '' : proof(index) },
  })
}

/** The attributes of a context, each with a space in front; none for a document of one. */
export function renderPlace({ position, items, list }: Place): string {
  const of = list?.of ?? items.length
  if (of < 2) return ''
  const name = list === null ? '' : ` list="${list.name}"`
  const shown = items.length > 0 ? ` items="${items.join(' ')}"` : ` proof="${list?.proof ?? ''}"`
  return ` position="${position}" of="${of}"${name}${shown}`
}

/** The place that a context says; that of a document of its own where it says none, or one that cannot be. */
export function placeIn(context: XmlElement | undefined): Place {
  const said = (name: string) => ((context && attribute(context, name)) ?? '').trim()
  const name = said('list')
  const items = said('items')
    .split(/\s+/)
    .filter((id) => SHA_256.test(id))
  const of = name === '' ? items.length : Number(said('of'))
  const position = Number(said('position'))
  if (!isOneOf(of, 2, MOST_ITEMS) || !isOneOf(position, 1, of)) return ALONE
  if (name === '') return { position, items, list: null }
  const isListed = items.length === of && merkleTree(items).name === name
  return isListed || items.length === 0 ? { position, items, list: { name, of, proof: said('proof') } } : ALONE
}

/** The same, or that of a document of its own where the item's id is not the one at that place: nobody can make it stand for others. */
export function placeOf(place: Place, id: string): Place {
  return isAlone(place) || isAt(place, id) ? place : ALONE
}

/** Is it the id of the item at that place? */
export function isAt({ position, items, list }: Place, id: string): boolean {
  if (items.length > 0 || list === null) return items[position - 1] === id
  return isInTree(list.name, id, position - 1, list.of, list.proof)
}

/** A document of its own? */
export function isAlone({ items, list }: Pick<Place, 'items' | 'list'>): boolean {
  return items.length === 0 && list === null
}

const SHA_256 = /^[0-9a-f]{64}$/

function isOneOf(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most
}
