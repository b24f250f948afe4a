import { contentModel } from '../iodef/content-model.ts'
import { strictest } from '../iodef/restriction.ts'
import { upgradeDocument } from '../iodef/upgrade.ts'
import { normalForm } from '../xml/normal-form.ts'
import type { XmlElement } from '../xml/tree.ts'
import type { DocumentReading } from './document.ts'
import type { Inspection } from './inspection.ts'

/** The text of an IODEF 1 document as IODEF 2, to be read as a document of its own. Throws DocumentLimit. */
export function upgradedText(document: XmlElement): string {
  return normalForm(upgradeDocument(document), contentModel)
}

/**
 * What an IODEF 1 document is published as: its upgrade, read and judged as a document of its own, which carries the very document
 * (docs/decisions/0009). Both count for policy, the strictest wins. `invalid` says why it cannot be published.
 */
export function upgradeOf(
  v1: Pick<DocumentReading, 'xml' | 'needed' | 'reasons' | 'original' | 'obstacle' | 'misfit'>,
  upgrade: Inspection,
): DocumentReading | { readonly invalid: string } {
  if (!upgrade.valid || upgrade.document === null) return { invalid: upgrade.errors[0]?.message ?? 'not valid' }
  const reason = v1.original?.reason === 'signature' ? 'signature' : 'version'
  return {
    ...upgrade.document,
    needed: strictest([v1.needed, upgrade.document.needed]),
    reasons: { ...upgrade.document.reasons, ...v1.reasons },
    // that of the document tells the line that its sender wrote
    obstacle: v1.obstacle ?? upgrade.document.obstacle,
    misfit: v1.misfit ?? upgrade.document.misfit,
    original: { text: v1.original?.text ?? v1.xml, reason, version: 1 },
  }
}
