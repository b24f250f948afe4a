import { xep0268Item } from '../profile/item.ts'
import { policyOf, renderMessage } from '../rid/message.ts'
import { ANY_NODE } from '../rid/node.ts'
import { readAlone } from '../xml/foreign-content.ts'
import type { Schema } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import type { XmlElement } from '../xml/tree.ts'
import type { DocumentReading } from './document.ts'

/** What the schemas of items and of RID messages know, and that of a document alone does not. */
const AROUND: ReadonlySet<string> = new Set([NS.incident, NS.jid, NS.rid])

export function isKnownAround({ ns }: XmlElement): boolean {
  return AROUND.has(ns)
}

/**
 * Extension content is judged by whatever schema is at hand: an element of XEP-0268 or RID inside AdditionalData, say, is anything
 * in a document, and must be valid once that is in an item or a RID message. Would it be?
 */
export function validWhenWrapped(
  schemas: ReadonlyMap<string, Schema>,
  { xml, version, incidents }: Pick<DocumentReading, 'xml' | 'version' | 'incidents'>,
): boolean {
  const item = schemas.get('xep-0268.xsd')
  const message = renderMessage(policyOf('Report', 'PeerToPeer', 'Network', ANY_NODE, null), { xml, version })
  return (
    readAlone(message, schemas.get('iodef-rid-2.0.xsd')) !== undefined &&
    incidents.every(({ xml: incident }) => readAlone(xep0268Item('report', incident).xml, item) !== undefined)
  )
}

/**
 * Some Brokers give an element of no namespace that of the one around it: in extension content it may then be an element that the
 * schema of items knows. Would the items be valid still?
 */
export function validWhenAdopted(
  schemas: ReadonlyMap<string, Schema>,
  { incidents }: Pick<DocumentReading, 'incidents'>,
): boolean {
  const item = schemas.get('xep-0268.xsd')
  return incidents.every(({ xml }) => {
    const adopted = xml.replace(WITHOUT_NAMESPACE, '$1')
    return adopted === xml || readAlone(xep0268Item('report', adopted).xml, item) !== undefined
  })
}

/** As the normal form has it, in which text and values have no `<`. */
const WITHOUT_NAMESPACE = /(<[^ <>]+) xmlns=""/g
