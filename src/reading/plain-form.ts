import { hash } from 'node:crypto'
import type { Ruled } from '../iodef/rules.ts'
import { DEEPEST } from '../profile/carriable.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import { ByteText } from '../xml/byte-text.ts'
import { NS } from '../xml/namespaces.ts'
import { NativeWalk } from '../xml/native-form.ts'
import { type NativeDocument, type NativeElement, NOT_PLAIN } from '../xml/native-tree.ts'
import type { Form, Written } from './describe.ts'
import type { FactsFinder } from './facts.ts'

/** What the one walk over a document, or an Incident, leaves beside its facts. */
export interface PlainForm extends Form {
  /** the elements that rules may have something to say of */
  readonly ruled: readonly Ruled[]
}

/** Bytes of a normal form for each character of what came, and for what is put around it; what is longer is no plain document. */
const GROWTH = 3
const LEAST = 16_384

const NAME = '<Incident'
const OPENED = `${NAME} xmlns="${NS.iodef2}"`

/** Of an IODEF-Document. `before`: how many elements stand before it. */
export function documentForm(
  document: NativeDocument,
  element: NativeElement,
  before: number,
  finder: FactsFinder,
): PlainForm {
  const out = new ByteText(document.text.length * GROWTH + LEAST)
  const ruled: Ruled[] = []
  const onlooker = {
    look(one: NativeElement, level: number, says: number) {
      if (level === 2) finder.enter(one, NS.iodef2)
      finder.inDocument(one, says)
    },
    judge: (element: NativeElement, extended: boolean) => ruled.push({ element, extended }),
  }
  const walk = new NativeWalk(document, onlooker, out, { deepest: DEEPEST, divided: true })
  walk.walk(element, before, '')
  const parts = walk.parts.filter(({ name }) => name.local === 'Incident' && name.space.ns === NS.iodef2)
  const ends = [0, ...parts.map(({ to }) => to)]
  const shell = ends.map((from, i) => out.slice(from, parts[i] && parts[i].from - NAME.length)).join('')
  const xml = out.slice()
  // a byte is a character: then it is the same text, and no other
  const isAscii = xml.length === out.length
  const incidents = parts.map(({ from, to }) => written((isAscii ? xml : out).slice(from, to), to - from))
  return { xml, digest: hash('sha256', out.view(), 'hex'), shell, incidents, ruled }
}

/** Of an Incident: `xml`, of so many bytes, is what stands behind its name in its document. */
function written(xml: string, bytes: number): Written {
  return { xml: OPENED + xml, size: OPENED.length + bytes }
}

/** The same Incident in another shell, in normal form. */
export function inShell(form: Form, shell: string): Form {
  if (shell === form.shell) return form
  const xml = joinDocument(
    shell,
    form.incidents.map(({ xml }) => NAME + xml.slice(OPENED.length)),
  )
  return { ...form, shell, xml, digest: hash('sha256', xml, 'hex') }
}

/** Of the Incident of an item, in a document of its own, which nobody holds to rules that are for documents. */
export function incidentForm(
  document: NativeDocument,
  element: NativeElement,
  before: number,
  finder: FactsFinder,
): Form {
  const out = new ByteText(document.text.length * GROWTH + LEAST)
  const start = PLAIN_SHELL.indexOf('>') + 1
  out.add(PLAIN_SHELL.slice(0, start))
  const from = out.length + NAME.length
  const onlooker = {
    look: (one: NativeElement, _level: number, says: number) => finder.inDocument(one, says),
    judge() {},
  }
  const walk = new NativeWalk(document, onlooker, out, { deepest: DEEPEST - 1, divided: false })
  walk.walk(element, before, NS.iodef2)
  const incident = written(out.slice(from), out.length - from)
  out.add(PLAIN_SHELL.slice(start))
  // the walk knows nothing of what comes behind it
  if (out.isFull) throw NOT_PLAIN
  return { xml: out.slice(), digest: hash('sha256', out.view(), 'hex'), shell: PLAIN_SHELL, incidents: [incident] }
}
