import { contentModel } from '../iodef/content-model.ts'
import { wholeIn } from '../iodef/whole.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import type { Schema } from '../xml/libxml.ts'
import { NORMAL_FORM_LIMIT } from '../xml/limits.ts'
import { normalForm } from '../xml/normal-form.ts'
import { scan } from '../xml/parse-tree.ts'
import { elements, type XmlElement } from '../xml/tree.ts'
import type { DocumentReading, OldForm } from './document.ts'
import { downgradedText } from './downgraded-document.ts'

type Published = Pick<DocumentReading, 'xml' | 'shell' | 'incidents' | 'original' | 'linked' | 'fragile'>

/**
 * What an IODEF 2 document is on a Topic whose readers know only IODEF 1: each Incident of it with a whole document of its own in it, which
 * is that Incident in the shell of all. `signed`: there is a Signature beside it.
 */
export function oldFormOf(schemas: ReadonlyMap<string, Schema>, document: Published, signed: boolean): OldForm {
  const { xml, shell, incidents, original, linked, fragile } = document
  if (signed) return { impossible: 'the Signature beside it' }
  if (fragile) return { impossible: 'characters that some Brokers change' }
  if (incidents.length > 1 && (linked || original !== null)) {
    return { impossible: 'one by one the Incidents of a document that must stay whole' }
  }
  const made: string[] = []
  const losses: Record<string, number> = {}
  let length = 0
  for (const incident of incidents) {
    const alone = joinDocument(shell ?? PLAIN_SHELL, [incident.xml])
    const old = downgradedText(schemas, incidents.length > 1 ? alone : (original?.text ?? xml))
    if (old.kind === 'impossible') return { impossible: `what is not written as IODEF 1: ${old.reason}` }
    length += old.xml.length
    if (length > NORMAL_FORM_LIMIT) {
      return {
        impossible: `one by one the Incidents of this document, which would have more than ${NORMAL_FORM_LIMIT} characters`,
      }
    }
    const [element] = elements(scan(old.xml))
    if (element !== undefined) made.push(normalForm(element, contentModel))
    for (const [name, count] of Object.entries(old.losses)) losses[name] = (losses[name] ?? 0) + count
  }
  return { incidents: made, shell, carried: null, losses }
}

/** The same of a document that came as IODEF 1: as it came. `root`: its element. */
export function asItCame({ shell, incidents }: Published, published: Published, root: XmlElement): OldForm {
  // somebody changed it on the way, and in one Incident stands what is said of all
  if (incidents.length > 1 && wholeIn(root) !== undefined) {
    return { impossible: 'one by one the Incidents of a document that another travels along in' }
  }
  return { incidents: incidents.map(({ xml }) => xml), shell, carried: published.original, losses: {} }
}
