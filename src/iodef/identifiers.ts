import { NS } from '../xml/namespaces.ts'
import { attribute, type Diagnostic, text, type XmlAttribute, type XmlElement } from '../xml/tree.ts'
import { identifierFlaw } from './ncname.ts'
import { trim } from './trim.ts'

/** Diagnostics of one document: nobody reads more. */
const LIMIT = 100

interface Identified {
  readonly element: XmlElement
  /** the Incident that it stands in, if any */
  readonly incident: XmlElement | undefined
}

interface Reference {
  readonly element: XmlElement
  readonly id: string
  /** the Incident that it stands in, if any */
  readonly incident: XmlElement | undefined
}

/**
 * Collects the identifiers of one document and the references to them (RFC 7970 §2.14: xs:ID and xs:IDREF), element by element in
 * document order, and knows what is wrong with them: each is an NCName, none occurs twice, every uid-ref names one. These are errors
 * by the schema itself, but libxml2 checks neither an xs:ID in element content nor a reference that points nowhere. Identifiers are
 * observable-id, the content of IndicatorID, Id of XML Signature and xml:id. Their scope is what is shown: the IODEF-Document,
 * extension content and all.
 */
export class Identifiers {
  /** every observable-id, as RFC 7970's rules ask for them */
  readonly observableIds = new Set<string>()
  /** the content of every IndicatorID */
  readonly indicatorIds = new Set<string>()
  readonly #first = new Map<string, Identified>()
  /** xml:id: only other vocabularies have it, and what is wrong with it there is theirs to say */
  readonly #foreign = new Map<string, Identified>()
  readonly #references: Reference[] = []
  readonly #wrong: Diagnostic[] = []
  readonly #limit: number

  constructor(limit: number = LIMIT) {
    this.#limit = limit
  }

  /** `incident`: the Incident of the document that the element stands in, or is. */
  look(element: XmlElement, incident: XmlElement | undefined): void {
    for (const a of element.attributes) {
      const name = nameOf(element, a)
      if (name !== undefined) this.#identifier(name, a.value, element, incident)
    }
    if (element.ns !== NS.iodef2) return
    if (element.local === 'IndicatorID') {
      const value = text(element)
      this.indicatorIds.add(trim(value))
      this.#identifier('IndicatorID', value, element, incident)
    } else if (element.local === 'ObservableReference' || element.local === 'IndicatorReference') {
      const id = attribute(element, 'uid-ref')
      if (id !== undefined) this.#references.push({ element, id: trim(id), incident })
    }
  }

  /** `whole`: false when this was one part of a document, whose references may point into the others. */
  problems({ whole }: { readonly whole: boolean }): Diagnostic[] {
    const dangling = whole ? this.#references.filter(({ id }) => this.#named(id) === undefined) : []
    const left = Math.max(0, this.#limit - this.#wrong.length)
    return [...this.#wrong, ...dangling.slice(0, left).map(nowhere)]
  }

  get isEmpty(): boolean {
    return (
      this.#first.size === 0 && this.#foreign.size === 0 && this.#references.length === 0 && this.#wrong.length === 0
    )
  }

  /** Does an Incident refer to what stands outside of it? Such a one is no valid document alone. */
  get linked(): boolean {
    return this.#references.some(({ id, incident }) => incident !== undefined && this.#named(id)?.incident !== incident)
  }

  #named(id: string): Identified | undefined {
    return this.#first.get(id) ?? this.#foreign.get(id)
  }

  /** White space around an xs:ID is no part of it. */
  #identifier(name: string, value: string, element: XmlElement, incident: XmlElement | undefined): void {
    const id = trim(value)
    if (name === 'xml:id') {
      if (!this.#foreign.has(id)) this.#foreign.set(id, { element, incident })
      return
    }
    if (name === 'observable-id') this.observableIds.add(id)
    const first = this.#first.get(id)
    const flaw = identifierFlaw(id)
    if (flaw !== undefined) this.#report(element, `${name} "${shorten(id)}" is not an identifier. ${flaw}`)
    else if (first) this.#report(element, `${name} "${shorten(id)}" is already used in line ${first.element.line}.`)
    else this.#first.set(id, { element, incident })
  }

  #report({ line, column }: XmlElement, message: string): void {
    if (this.#wrong.length < this.#limit) this.#wrong.push({ line, column, message })
  }
}

/** Does an element of that name identify something, or refer to it, whatever its attributes are? */
export function mayIdentify(local: string): boolean {
  return local === 'IndicatorID' || local === 'ObservableReference' || local === 'IndicatorReference'
}

/** Is an attribute of that name an identifier in one element or another? */
export function isIdentifier({ ns, local }: Pick<XmlAttribute, 'ns' | 'local'>): boolean {
  return ns === NS.xml ? local === 'id' : ns === '' && (local === 'observable-id' || local === 'Id')
}

function nowhere({ element, id }: Reference): Diagnostic {
  const { line, column, local } = element
  return { line, column, message: `uid-ref of ${local} names "${shorten(id)}", which is nowhere in the document.` }
}

const SIGNATURE_IDS: ReadonlySet<string> = new Set([
  'Signature',
  'SignatureValue',
  'SignedInfo',
  'Reference',
  'KeyInfo',
  'Object',
  'Manifest',
  'SignatureProperties',
  'SignatureProperty',
])

/** What messages call the attribute, if it is an identifier. */
function nameOf(element: XmlElement, { ns, local }: XmlAttribute): string | undefined {
  if (ns === NS.xml) return local === 'id' ? 'xml:id' : undefined
  if (ns !== '') return undefined
  const isId =
    (element.ns === NS.iodef2 && local === 'observable-id') ||
    (element.ns === NS.ds && local === 'Id' && SIGNATURE_IDS.has(element.local))
  return isId ? local : undefined
}

/** A stranger chooses the identifier; a message stays readable. */
function shorten(id: string): string {
  return id.length > 80 ? `${id.slice(0, 80)}…` : id
}
