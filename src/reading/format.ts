import { embeddedDocuments } from '../rid/message.ts'
import { NS } from '../xml/namespaces.ts'
import type { XmlElement } from '../xml/tree.ts'
import { claimedIncidents } from './claimed-incidents.ts'
import { type Format, nameOf, type Refused, refused } from './inspection.ts'
import { rootWords } from './root-words.ts'

export const TOP_SCHEMAS = ['iodef-2.0.xsd', 'iodef-1.0.xsd', 'iodef-rid-2.0.xsd', 'xep-0268.xsd'] as const

interface Kind {
  readonly format: Exclude<Format, 'unknown'>
  readonly schema: (typeof TOP_SCHEMAS)[number]
  /** a schema alone would take any of its global elements as root; without it that is so */
  readonly root?: string
}

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [NS.iodef2, { format: 'IODEF 2', schema: 'iodef-2.0.xsd', root: 'IODEF-Document' }],
  [NS.iodef1, { format: 'IODEF 1', schema: 'iodef-1.0.xsd', root: 'IODEF-Document' }],
  [NS.rid, { format: 'RID', schema: 'iodef-rid-2.0.xsd', root: 'RID' }],
  [NS.incident, { format: 'XEP-0268', schema: 'xep-0268.xsd' }],
])

export interface Recognized extends Kind {
  readonly ok: true
  /** the IODEF-Document; undefined in a RID message without one that we know, and in an item, which has its Incident only */
  readonly document: XmlElement | undefined
}

/** The step `format`: what the root says that it is. */
export function recognize(root: XmlElement): Recognized | Refused {
  const { line, column } = root
  const name = nameOf(root)
  const kind = KINDS.get(root.ns)
  if (kind === undefined) {
    return { ok: false, refused: refused('unknown', root, [{ line, column, message: rootWords(root) }], 1) }
  }
  if (kind.root !== undefined && kind.root !== root.local) {
    const message = `The root element is "${name}"; expected ${kind.root}.`
    const claimed = claimedIncidents(root)
    return { ok: false, refused: { ...refused(kind.format, root, [{ line, column, message }], 1), claimed } }
  }
  return { ok: true, ...kind, document: documentIn(root, kind.format) }
}

/** RFC 6545 §5.6: what else is in the message is ignored. */
function documentIn(root: XmlElement, format: Format): XmlElement | undefined {
  if (format === 'XEP-0268') return undefined
  return format === 'RID' ? embeddedDocuments(root)[0] : root
}
