import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../support/command.ts'

/** Documents and messages as a stranger's tool writes them: strings, nothing of the gateway's. */

export const NS2 = 'urn:ietf:params:xml:ns:iodef-2.0'
export const NS1 = 'urn:ietf:params:xml:ns:iodef-1.0'
export const RID = 'urn:ietf:params:xml:ns:iodef-rid-2.0'
export const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

interface IncidentParts {
  readonly id: string
  readonly name?: string
  readonly purpose?: string
  /** null: no attribute */
  readonly restriction?: string | null
  /** inside Incident, after GenerationTime */
  readonly description?: string
  /** after Contact */
  readonly more?: string
  readonly contact?: string
}

export function incident({
  id,
  name = 'csirt-a.example',
  purpose = 'reporting',
  restriction = 'public',
  description = '',
  contact = '<Contact role="creator" type="organization"><ContactName>CSIRT A</ContactName></Contact>',
  more = '',
}: IncidentParts): string {
  const mark =
    restriction === null
      ? ''
      : ` restriction="${restriction}"${restriction === 'ext-value' ? ' ext-restriction="tlp" ' : ''}`
  return (
    `<Incident purpose="${purpose}"${mark}><IncidentID name="${name}">${id}</IncidentID>` +
    `<GenerationTime>2026-01-02T03:04:05Z</GenerationTime>${description}${contact}${more}</Incident>`
  )
}

export function documentOf(
  incidents: string,
  { attributes = ' version="2.00" xml:lang="en"', tail = '' } = {},
): string {
  return `<IODEF-Document xmlns="${NS2}"${attributes}>${incidents}${tail}</IODEF-Document>`
}

export const EXT_FORM = ` Version="ext-value" ext-Version="2.00" XMLSchemaID="ext-value" ext-XMLSchemaID="${NS2}"`
export const DIRECT_FORM = ` Version="2.00" XMLSchemaID="${NS2}"`
export const OLD_FORM = ` Version="1.0" XMLSchemaID="${NS1}"`

export function message(
  document: string,
  {
    type = 'Report',
    form = EXT_FORM,
    id = 'msg-1',
    idName = 'csirt-a.example',
    policy = '',
    before = '',
    meaning = ' meaning="xml"',
    region = 'PeerToPeer',
    traffic = 'Attack',
    after = '',
    incidentId = true,
  } = {},
): string {
  return (
    `${DECLARATION}<RID xmlns="${RID}" lang="en"><RIDPolicy MsgType="${type}" MsgDestination="RIDSystem"${policy}>` +
    `<PolicyRegion region="${region}"/><Node xmlns="${NS1}"><NodeName>gateway.example</NodeName></Node><TrafficType type="${traffic}"/>` +
    (incidentId ? `<IncidentID xmlns="${NS1}" name="${idName}">${id}</IncidentID>` : '') +
    (document === ''
      ? ''
      : `<ReportSchema${form}><XMLDocument dtype="xml"${meaning}>${before}${document}</XMLDocument></ReportSchema>`) +
    `</RIDPolicy>${after}</RID>`
  )
}

/** A Report with one Incident of this id. */
export const report = (parts: IncidentParts, options: Parameters<typeof message>[1] = {}) =>
  message(documentOf(incident(parts)), { id: parts.id, idName: parts.name ?? 'csirt-a.example', ...options })

/** One of fixtures/, as it lies there. */
export const fixture = (name: string) => readFile(join(ROOT, 'fixtures', name))
