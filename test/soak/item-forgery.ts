import type { GridItem } from '../../src/grid/contract.ts'
import { ELEMENTS, itemId, xep0268Item } from '../../src/profile/item.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { plan, read } from '../relay/journey.ts'
import type { Chance } from '../support/arbitraries.ts'
import { additionalData, documentText, incidentText, ridText } from '../support/documents.ts'
import { iodefDocument } from '../support/iodef-arbitrary.ts'
import { mutated } from './fuzz-seeds.ts'

/** An item as whoever may publish on a Topic could write it: its own, somebody else's put into another frame, or no item at all. */
export function forgedItem(c: Chance, n: number, seeds: readonly string[], earlier: readonly GridItem[]): GridItem {
  const xml = payload(c, n, seeds, earlier)
  const honest = read(xml).item === null ? itemId(xml) : xml
  const id = c.once(3)
    ? (earlier[c.int(Math.max(0, earlier.length - 1))]?.id ?? 'x')
    : c.once(4)
      ? oddId(c)
      : itemId(honest)
  const publisher = c.pick([undefined, 'mallory@grid.example/a', 'publisher@grid.example', '', '\u202e@x/'])
  return {
    topic: 'incident',
    id,
    xml,
    retained: c.once(3),
    ...(publisher !== undefined && { publisher }),
    ...(c.once(12) && { unnamed: true as const }),
  }
}

function payload(c: Chance, n: number, seeds: readonly string[], earlier: readonly GridItem[]): string {
  switch (c.int(7)) {
    case 0:
      return mutated(c, seeds[c.int(seeds.length - 1)] ?? '<x/>', 3, seeds)
    case 1:
      return mutated(c, earlier[c.int(Math.max(0, earlier.length - 1))]?.xml ?? '<x/>', 2, seeds)
    case 2:
      return `<a xmlns="urn:x">${n}</a>`
    default:
      return framed(c, n, seeds)
  }
}

/** An Incident and a context, which may contradict each other in everything that they both say. */
function framed(c: Chance, n: number, seeds: readonly string[]): string {
  const document = () => made(c, c.once(4) ? c.int(n) : n)
  const text = document()
  const reading = read(text).document
  const incidents = reading?.incidents.map(({ xml }) => xml) ?? []
  const at = c.int(Math.max(0, incidents.length - 1))
  const incident =
    incidents[at] ?? `${incidentText({ id: `i${n}` }).replace('<Incident ', `<Incident xmlns="${NS.iodef2}" `)}`
  const element = c.once(3) ? c.pick(ELEMENTS) : 'report'
  const own = incidents.map((xml) => xep0268Item(element, xml).id)
  const ids = c.once(3) ? [...own, c.once(2) ? '0'.repeat(64) : (own[0] ?? '')] : own
  const place = c.once(3) ? '' : placeOf(c, at, ids)
  const parts = besides(c, reading?.shell ?? '', () =>
    c.once(2) ? text : c.once(2) ? document() : (seeds[c.int(seeds.length - 1)] ?? ''),
  )
  const context = c.once(8) ? '' : `<context xmlns="${NS.context}"${place}>${parts}</context>`
  return mutated(c, `<${element} xmlns="${NS.incident}">${incident}${context}</${element}>`, 2, seeds)
}

function placeOf(c: Chance, at: number, ids: readonly string[]): string {
  const position = c.once(4) ? c.int(9) : at + 1
  return ` position="${position}" of="${ids.length}" items="${(c.once(5) ? ids.toReversed() : ids).join(' ')}"`
}

function besides(c: Chance, shell: string, original: () => string): string {
  const parts = [
    `<document>${c.once(2) ? shell : shellOf(c)}</document>`,
    `<rid>${policy(c)}${c.once(4) ? source(c) : ''}</rid>`,
    `<original reason="${c.pick(['signature', 'characters', 'version', 'x'])}">${base64(c, original())}</original>`,
    `<signature>${base64(c, '<Signature xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0" dtype="xml"><a/></Signature>')}</signature>`,
  ]
  return parts.filter(() => c.once(2)).join('')
}

function made(c: Chance, n: number): string {
  if (c.once(2)) return iodefDocument(c, 3).text.replaceAll('csirt.example', `n${n}.example`)
  const restriction = c.pick(['public', 'partner', 'private', 'red', 'default', 'green', 'x"'.slice(0, 1)])
  const list = Array.from({ length: 1 + c.int(2) }, (_, i) =>
    incidentText({ id: `${n}-${i}`, attributes: c.once(5) ? '' : ` restriction="${restriction}"` }),
  )
  return documentText(list, '', c.once(3) ? additionalData('<a/>', ` dtype="xml" restriction="${restriction}"`) : '')
}

function shellOf(c: Chance): string {
  const behind = c.once(2)
    ? additionalData(
        `<s xmlns="urn:s">${c.int(3)}</s>`,
        c.once(2) ? ' dtype="xml" restriction="private"' : ' dtype="xml"',
      )
    : ''
  return documentText(c.once(6) ? [incidentText()] : [], c.once(3) ? ' format-id="a&gt;b"' : '', behind)
}

function policy(c: Chance): string {
  const restriction = c.once(2) ? ` restriction="${c.pick(['public', 'private', 'ext-value'])}"` : ''
  const msgType = c.pick(['Report', 'Query', 'TraceRequest', 'InvestigationRequest', 'Result', 'Acknowledgement', 'x'])
  const text = ridText(null, { msgType, policyAttributes: restriction })
  return /<RIDPolicy[\s\S]*<\/RIDPolicy>/.exec(text)?.[0].replace('<RIDPolicy', `<RIDPolicy xmlns="${NS.rid}"`) ?? ''
}

function source(c: Chance): string {
  return `<IncidentSource xmlns="${NS.rid}"><SourceFound>${c.pick(['true', 'false', 'x'])}</SourceFound></IncidentSource>`
}

function base64(c: Chance, text: string): string {
  const encoded = Buffer.from(text).toString('base64')
  return c.once(6) ? `${encoded.slice(0, c.int(encoded.length))}\n=${encoded.slice(4)}` : encoded
}

function oddId(c: Chance): string {
  return c.pick([
    '',
    ' ',
    'x'.repeat(70_000),
    '__proto__',
    '\u202e',
    'a\nb',
    "' OR 1=1 --",
    '0'.repeat(64),
    'ä'.repeat(300),
  ])
}

/** An item that is beyond reproach, to see whether those around it stop it. */
export function honestItem(n: number): GridItem {
  const incident = incidentText({ name: 'honest.example', id: `${n}` }).replace(
    '<Incident ',
    `<Incident xmlns="${NS.iodef2}" `,
  )
  const inspection = read(documentText([incidentText({ name: 'honest.example', id: `${n}` })]))
  const made = plan(inspection)
  if (made.kind !== 'publish') throw new Error(incident)
  const [publication] = made.publications
  if (publication === undefined) throw new Error(incident)
  return { topic: 'incident', ...publication.item, publisher: 'honest@grid.example', retained: false }
}
