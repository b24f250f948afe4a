import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { contentModel } from '../../src/iodef/content-model.ts'
import { policyOf, renderMessage } from '../../src/rid/message.ts'
import { nodeOf } from '../../src/rid/node.ts'
import { decode } from '../../src/xml/decode.ts'
import { canonical } from '../../src/xml/libxml.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { normalForm } from '../../src/xml/normal-form.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { attribute, child, elements, text, type XmlElement } from '../../src/xml/tree.ts'

interface Report {
  readonly id: string
  /** [csirt-a.example] */
  readonly source?: string
  /** [public] */
  readonly restriction?: string
  /** [reporting] */
  readonly purpose?: string
  /** XML text of its Description */
  readonly description?: string
}

/** One small valid Incident, about 400 bytes. */
export function incident({ id, source = 'csirt-a.example', restriction, purpose, description }: Report): string {
  return [
    `<Incident purpose="${purpose ?? 'reporting'}" restriction="${restriction ?? 'public'}">`,
    `<IncidentID name="${source}">${id}</IncidentID>`,
    '<GenerationTime>2026-01-15T09:20:00Z</GenerationTime>',
    `<Description>${description ?? 'Scans of the whole address range'}</Description>`,
    '<Contact role="creator" type="organization"><Email><EmailTo>csirt@csirt-a.example</EmailTo></Email></Contact>',
    '</Incident>',
  ].join('')
}

/** An XEP-0268 element around a small Incident, as a tool writes it; `behind` stands behind the Incident. */
export function element(word: 'inquiry' | 'request' | 'report' | 'response', report: Report, behind = ''): string {
  const inner = incident(report).replace('<Incident ', `<Incident xmlns="${NS.iodef2}" `)
  return `<${word} xmlns="urn:xmpp:incident:2">${inner}${behind}</${word}>`
}

/** The context of an answer in the language of `iodef`, with the exchange that it answers. */
export function answerContext(exchange = ''): string {
  const mark = exchange === '' ? '' : `<exchange id="${exchange}"/>`
  const document = `<document><IODEF-Document xmlns="${NS.iodef2}" version="2.00" xml:lang="en"/></document>`
  return `<context xmlns="urn:x-iodef-gateway:context:1">${mark}${document}</context>`
}

/** An IODEF-Document around small Incidents. */
export function iodef(...reports: readonly Report[]): string {
  const incidents = reports.map(incident).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<IODEF-Document xmlns="${NS.iodef2}" version="2.00" xml:lang="en">${incidents}</IODEF-Document>`
}

/** A RID Report around a document (RFC 6545 §7.1) from the RID system `from`. */
export function ridReport(document: string, from = 'csirt-a.example'): string {
  const node = nodeOf({ name: 'gateway.example', address: '192.0.2.1' })
  const policy = policyOf('Report', 'PeerToPeer', 'Network', node, { name: from, instance: null, id: '1' })
  const xml = document.replace(/^\uFEFF?\s*<\?xml[^>]*\?>\s*/, '')
  return renderMessage(policy, { xml, version: 2 })
}

/** Exclusive C14N; a normal form is that already, and libxml2 makes none where a namespace name is no URI. */
function exclusive(form: string): string {
  try {
    return canonical(form)
  } catch {
    return form
  }
}

/** Exclusive C14N of the normal form: what must survive any way through the gateway. */
export function comparable(xml: string): string {
  return exclusive(normalForm(scan(xml), contentModel))
}

/** The IODEF-Document inside a RID message, as its characters stand there. */
export function embedded(rid: string): string {
  const found = ['RIDPolicy', 'ReportSchema', 'XMLDocument'].reduce<XmlElement | undefined>(
    (at, name) => at && child(at, NS.rid, name),
    scan(rid),
  )
  const document = found && elements(found)[0]
  if (document === undefined) throw new Error('no document in this message')
  return rid.slice(document.start, document.end)
}

/** Id and Incident (normal form) of every item that a document must become on a Topic of payload xep-0268 (docs/grid-profile.md). */
export function expectedItems(document: string): { id: string; incident: string }[] {
  const incidents = elements(scan(document)).filter((element) => element.local === 'Incident')
  return incidents.map((element) => {
    const form = normalForm(element, contentModel)
    const item = `<report xmlns="${NS.incident}">${form}</report>`
    return { id: createHash('sha256').update(item, 'utf8').digest('hex'), incident: exclusive(form) }
  })
}

/** What an independent consumer makes of an XEP-0268 item: the Incident it sees, and what the context adds. */
export function readItem(xml: string): {
  /** comparable */
  readonly incident: string
  /** of all items of the document, in order; empty for one alone */
  readonly items: readonly string[]
  readonly document: (incidents: readonly string[]) => string
} {
  const root = scan(xml)
  const incident = child(root, NS.iodef2, 'Incident')
  if (root.ns !== NS.incident || incident === undefined) throw new Error(`not an XEP-0268 item: ${xml.slice(0, 200)}`)
  const context = child(root, NS.context, 'context')
  const original = context && child(context, NS.context, 'original')
  const shell = context && child(context, NS.context, 'document')
  const around = shell && elements(shell)[0]
  return {
    incident: exclusive(normalForm(incident, contentModel)),
    items: (context && attribute(context, 'items')?.split(' ')) ?? [],
    document(incidents) {
      if (original !== undefined) return Buffer.from(text(original), 'base64').toString('utf8')
      const empty = around
        ? normalForm(around, contentModel)
        : `<IODEF-Document xmlns="${NS.iodef2}" version="2.00"></IODEF-Document>`
      const end = /^<(?:[^"'>]|"[^"]*")*>/.exec(empty)?.[0].length ?? 0
      return empty.slice(0, end) + incidents.join('') + empty.slice(end)
    },
  }
}

export interface Fixture {
  readonly name: string
  readonly bytes: Buffer
  /** decoded */
  readonly text: string
}

/** The documents of fixtures/FOLDER. */
export function fixtures(folder: 'valid' | 'invalid' | 'rid' | 'hostile'): Fixture[] {
  const at = new URL(`../../fixtures/${folder}/`, import.meta.url)
  return readdirSync(at)
    .filter((name) => name.endsWith('.xml'))
    .sort()
    .map((name) => {
      const bytes = readFileSync(new URL(name, at))
      const decoded = decode(bytes)
      return { name, bytes, text: decoded.ok ? decoded.text : '' }
    })
}
