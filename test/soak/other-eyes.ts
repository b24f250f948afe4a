import { createHash } from 'node:crypto'
import { contentModel } from '../../src/iodef/content-model.ts'
import { parseText } from '../../src/xml/libxml.ts'
import { NS } from '../../src/xml/namespaces.ts'
import type { XmlElement } from '../../src/xml/tree.ts'
import { type Bare, fromLibxml } from '../xml/libxml-tree.ts'

// What a proof holds the gateway to: libxml2's tree, not ours; restrictions judged anew from the words of RFC 7970 §3.3.1.

/** The tree of a text that libxml2 takes; undefined for any other. */
export function treeOf(text: string): Bare | undefined {
  const parsed = parseText(text)
  if (!parsed.ok) return undefined
  using document = { xml: parsed.document, [Symbol.dispose]: () => parsed.document.dispose() }
  return fromLibxml(document.xml)
}

/** The first IODEF-Document of either version in a tree; RID keeps it in XMLDocument (RFC 6545 §5). */
export function documentIn(tree: Bare): Bare | undefined {
  if (isIodef(tree.ns) && tree.local === 'IODEF-Document') return tree
  for (const child of tree.children) {
    const found = typeof child === 'string' ? undefined : documentIn(child)
    if (found !== undefined) return found
  }
  return undefined
}

/** Equal for two trees that say the same: white space in element-only content says nothing. */
export function meaningOf(tree: Bare): string {
  return createHash('sha256')
    .update(JSON.stringify(meant(tree, false)))
    .digest('hex')
}

function meant({ ns, local, attributes, children }: Bare, inside: boolean): Bare {
  const named = { ns, local } as XmlElement
  const opaque = inside || contentModel.opaque(named)
  const drop = !opaque && contentModel.elementOnly(named)
  const said = children.filter((child) => !drop || typeof child !== 'string' || /[^ \t\r\n]/.test(child))
  const kept = said.map((child) => (typeof child === 'string' ? child : meant(child, opaque)))
  return { ns, local, attributes, children: kept }
}

/** Values that nobody but those may see whom they name. */
const FREE = new Set(['public', 'white', 'partner', 'green'])

/** Does anything in the tree ask for more than public or partner? Whoever says nothing inherits; an Incident is private. */
export function asksForMore(tree: Bare): boolean {
  const own = tree.attributes.map((a) => JSON.parse(a) as [ns: string, local: string, value: string])
  const value = own.find(([ns, local]) => ns === '' && local === 'restriction')?.[2]
  if (isIodef(tree.ns) || tree.ns === NS.rid) {
    if (value === undefined && tree.local === 'Incident') return true
    if (value !== undefined && !FREE.has(value.trim())) return true
  }
  return tree.children.some((child) => typeof child !== 'string' && asksForMore(child))
}

function isIodef(ns: string): boolean {
  return ns === NS.iodef2 || ns === NS.iodef1
}
