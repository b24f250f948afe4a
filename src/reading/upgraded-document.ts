import { contentModel } from '../iodef/content-model.ts'
import { strictest } from '../iodef/restriction.ts'
import { upgradeDocument } from '../iodef/upgrade.ts'
import { normalForm } from '../xml/normal-form.ts'
import type { XmlElement } from '../xml/tree.ts'
import type { DocumentReading } from './document.ts'
import type { Inspection } from './inspection.ts'

/**
 * What an IODEF 1 document is published as: its upgrade, read as a document of its own and judged like one, which carries the very
 * document (docs/decisions/0009). Both count for policy, the strictest wins. `invalid` says why it cannot be published.
 */
export function upgradedReading(
  document: XmlElement,
  v1: DocumentReading,
  read: (upgraded: string) => Inspection,
): DocumentReading | { readonly invalid: string } {
  const inner = read(normalForm(upgradeDocument(document), contentModel))
  if (!inner.valid || inner.document === null) return { invalid: inner.errors[0]?.message ?? 'not valid' }
  const reason = v1.original?.reason === 'signature' ? 'signature' : 'version'
  return {
    ...inner.document,
    needed: strictest([v1.needed, inner.document.needed]),
    original: { text: v1.original?.text ?? v1.xml, reason, version: 1 },
  }
}
