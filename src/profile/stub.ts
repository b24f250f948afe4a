import { contentModel } from '../iodef/content-model.ts'
import { make, plain } from '../iodef/upgrade-kit.ts'
import { NS } from '../xml/namespaces.ts'
import { normalForm } from '../xml/normal-form.ts'
import { scan } from '../xml/parse-tree.ts'
import { attribute, child, text, type XmlElement } from '../xml/tree.ts'
import { renderFileSharing, type SharedFile } from './file-sharing.ts'
import { itemParts } from './item.ts'

/** Of an Incident's start tag: what a stub has to have in common with what it stands for. */
const SHOWN = ['purpose', 'ext-purpose', 'restriction', 'ext-restriction'] as const

/**
 * What stands on the Topic for an item that is a file: the same XEP-0268 element around an Incident that is valid IODEF, has the
 * IncidentID, purpose and restriction of the item's, and says where the rest is; behind it a context with the file. `xml`: the item
 * in normal form. Undefined where that is no XEP-0268 element around an IODEF 2 Incident.
 */
export function stubOf(xml: string, file: SharedFile): string | undefined {
  const root = scan(xml)
  const parts = itemParts(root)
  if (parts === undefined || parts.incident.ns !== NS.iodef2) return undefined
  const { element, incident } = parts
  const id = child(incident, NS.iodef2, 'IncidentID')
  const generated = child(incident, NS.iodef2, 'GenerationTime')
  if (id === undefined || generated === undefined) return undefined
  const name = attribute(id, 'name') ?? ''
  const shown = plain(Object.fromEntries(SHOWN.map((local) => [local, attribute(incident, local)])))
  const contact = plain({ role: 'creator', type: 'organization' })
  const stub = make('Incident', shown, [
    id,
    generated,
    make('Description', [], [whereItIs(file)]),
    make('Contact', contact, [make('ContactName', [], [name])]),
  ])
  const context = `<context xmlns="${NS.context}">${renderFileSharing(file)}</context>`
  return `<${element} xmlns="${NS.incident}">${normalForm(stub, contentModel)}${context}</${element}>`
}

function whereItIs({ size, url }: SharedFile): string {
  return `This report is a file of ${size} bytes at ${url} (encrypted: the key is behind this Incident, in its file-sharing element).`
}

/** Which of IncidentID, purpose and restriction of two Incidents, in normal form, differ; undefined when none does. */
export function differenceOf(stub: string, incident: string): string | undefined {
  const [a, b] = [headOf(stub), headOf(incident)]
  for (const local of SHOWN) if (attribute(a, local)?.trim() !== attribute(b, local)?.trim()) return local
  return idOf(a) === idOf(b) ? undefined : 'IncidentID'
}

/** Start tag and IncidentID: the rest may be long. */
function headOf(xml: string): XmlElement {
  const head =
    /^<(?:[^"'>]|"[^"]*")*>\s*<IncidentID(?:[^"'>]|"[^"]*")*>[^<]*<\/IncidentID>/.exec(xml)?.[0] ?? '<Incident>'
  return scan(`${head}</Incident>`)
}

function idOf(head: XmlElement): string {
  const id = child(head, head.ns, 'IncidentID')
  if (id === undefined) return ''
  const said = [attribute(id, 'name'), attribute(id, 'instance'), text(id)]
  return JSON.stringify(said.map((one) => one?.trim().replace(/\s+/g, ' ') ?? null))
}
