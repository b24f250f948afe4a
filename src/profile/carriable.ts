import { isFourthEditionName } from '../xml/fourth-edition.ts'
import { NS } from '../xml/namespaces.ts'
import { scan } from '../xml/parse-tree.ts'
import { walk, type XmlAttribute, type XmlElement } from '../xml/tree.ts'

/** Elements of an item that may stand inside each other: with Prosody's file and memory storage 126 are kept, and 127 never answered. */
const DEEPEST_ITEM = 120
/** What a context puts around a document: the XEP-0268 element, itself, and its own `document`. */
const AROUND_DOCUMENT = 3
/** Elements of a document that may stand inside each other, so that it fits an item in whichever shape. */
export const DEEPEST = DEEPEST_ITEM - AROUND_DOCUMENT

/** Attributes of the XML namespace that Prosody writes as they came; others it gives a prefix that no parser takes. */
const XML_ATTRIBUTES = new Set(['lang', 'space', 'base', 'id'])

/**
 * Why Brokers would not take the element, or not give it back, whole: a clause that names it and its line; undefined when they would.
 * `level` is its place in the document, whose root is 1. All of it was seen at Prosody 0.12 or ejabberd 23: docs/grid-profile.md §4.4.
 */
export function obstacleOf(element: XmlElement, level: number): string | undefined {
  const flaw = flawOf(element, level)
  return flaw && `element "${shortened(element.local)}" in line ${element.line} ${flaw}`
}

/** The same of an item's payload, all of it: what was made by an earlier version, say. `xml` in normal form. */
export function obstacleInItem(xml: string): string | undefined {
  let obstacle: string | undefined
  walk(scan(xml), (element, level) => {
    obstacle ??= obstacleOf(element, level - AROUND_DOCUMENT)
    return undefined
  })
  return obstacle
}

function flawOf({ ns, local, attributes }: XmlElement, level: number): string | undefined {
  if (level > DEEPEST) return `stands ${level} levels deep, and some Brokers keep no more than ${DEEPEST}`
  if (ns === NS.xml) return 'has the prefix "xml", which no element of an item may have'
  // written back unescaped, as by some, it would be another name
  if (/[\t\n\r]/.test(ns))
    return 'is in a namespace whose name holds a tab or the end of a line, which some Brokers change'
  if (!isFourthEditionName(local)) return unknownName('a name')
  for (const attribute of attributes) {
    const flaw = attributeFlaw(attribute)
    if (flaw !== undefined) return flaw
  }
  return undefined
}

function attributeFlaw({ ns, local }: XmlAttribute): string | undefined {
  const name = shortened(local)
  if (!isFourthEditionName(local)) return unknownName(`the attribute "${name}", a name`)
  if (ns === NS.xml && !XML_ATTRIBUTES.has(local)) {
    return `has the attribute "xml:${name}", and some Brokers give back only xml:lang, xml:space, xml:base and xml:id`
  }
  return /[\s<>&'"]/.test(ns)
    ? `has the attribute "${name}" in a namespace whose name some Brokers cannot store: it holds white space, quotation marks, <, > or &`
    : undefined
}

function unknownName(what: string): string {
  return `has ${what} that Brokers' parsers do not know (XML 1.0 until its fourth edition)`
}

function shortened(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 60)}…`
}
