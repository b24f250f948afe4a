import { createHash } from 'node:crypto'
import { contentModel } from '../../src/iodef/content-model.ts'
import { canonical, parseText } from '../../src/xml/libxml.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { escapeAttribute, escapeText, normalForm } from '../../src/xml/normal-form.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { attribute, child, elements, text, type XmlElement } from '../../src/xml/tree.ts'
import { descendants } from '../../test/support/trees.ts'
import type { Answer } from './post.ts'

interface Check {
  readonly pass: boolean
  readonly text: string
}

/** What must be true at the end. `posted` is the report as sent, `item` the payload as the subscriber got it. */
export function prove(posted: string, answer: Answer, item: { readonly id: string; readonly xml: string }): Check[] {
  const sent = incidentOf(posted)
  const came = incidentOf(item.xml)
  const [a, b] = [sent, came].map((e) => (e === undefined ? '' : canonical(normalForm(e, contentModel))))
  const equal = a !== '' && a === b
  const size = `${Buffer.byteLength(b ?? '').toLocaleString('en')} bytes, SHA-256 ${sha256(b ?? '').slice(0, 16)}…`
  return [
    acknowledged(answer, sent),
    {
      pass: equal,
      text: equal
        ? `the Incident received is the one posted: equal by exclusive C14N of the normal form (${size})`
        : 'the Incident received is NOT the one posted',
    },
    {
      pass: item.id === contentId(item.xml),
      text: `the item's id is the SHA-256 of its content: ${item.id.slice(0, 16)}…`,
    },
  ]
}

function acknowledged(answer: Answer, incident: XmlElement | undefined): Check {
  const root = rootOf(answer.body)
  const all = root === undefined ? [] : [...descendants(root)]
  const status = all.find((e) => e.local === 'RequestStatus')
  const approved = status !== undefined && attribute(status, 'AuthorizationStatus') === 'Approved'
  const answered = all.find((e) => e.local === 'IncidentID')
  const asked = incident && child(incident, incident.ns, 'IncidentID')
  const same = asked !== undefined && answered !== undefined && text(asked) === text(answered)
  const pass = answer.status === 200 && approved && same
  const what = pass ? `Approved, IncidentID ${text(answered)}` : 'not with Approved and the same IncidentID'
  return { pass, text: `the report was acknowledged: HTTP ${answer.status}, ${what}` }
}

/** docs/grid-profile.md: SHA-256 of the item's normal form without its context. */
function contentId(xml: string): string {
  const root = rootOf(xml)
  return root === undefined ? '' : sha256(normalForm(root, contentModel, (e) => e.ns === NS.context))
}

function incidentOf(xml: string): XmlElement | undefined {
  const root = rootOf(xml)
  return root && [...descendants(root)].find((e) => e.local === 'Incident' && e.ns === NS.iodef2)
}

function rootOf(xml: string): XmlElement | undefined {
  const parsed = parseText(xml)
  if (!parsed.ok) return undefined
  parsed.document.dispose()
  return scan(xml)
}

function sha256(value: string): string {
  return createHash('sha256').update(value, 'utf8').digest('hex')
}

/** For people: one element a line, indented, namespaces where they change. What is no XML is shown as it is. */
export function pretty(xml: string): string[] {
  const root = rootOf(xml)
  return root === undefined ? xml.split('\n') : lines(root, '', '')
}

function lines(element: XmlElement, around: string, indent: string): string[] {
  const xmlns = element.ns === around ? '' : ` xmlns="${escapeAttribute(element.ns)}"`
  const attributes = element.attributes.map(
    (a) => ` ${a.ns === NS.xml ? 'xml:' : ''}${a.local}="${escapeAttribute(a.value)}"`,
  )
  const start = `${indent}<${element.local}${xmlns}${attributes.join('')}`
  const inner = elements(element)
  if (element.children.length === 0) return [`${start}/>`]
  if (inner.length === 0) return [`${start}>${escapeText(text(element))}</${element.local}>`]
  return [`${start}>`, ...inner.flatMap((e) => lines(e, element.ns, `${indent}  `)), `${indent}</${element.local}>`]
}
