import { NS } from '../xml/namespaces.ts'
import { attribute, child, elements, findIn, text, walk, type XmlElement } from '../xml/tree.ts'
import { contentModel } from './content-model.ts'
import { assessment1, counter1 } from './downgrade-impact.ts'
import {
  all2,
  carried1,
  type Down,
  inside,
  knownChildren,
  type Losses,
  lose,
  loseAll,
  make1,
  restriction1,
  told,
} from './downgrade-kit.ts'
import { address1, node1, nodeRole1, service1, software1, system1 } from './downgrade-network.ts'
import { placeInIncident } from './incident-order.ts'
import { askedBy, type Label, type Needed, neededFor } from './restriction.ts'
import { CVE, untyped } from './upgrade.ts'
import { before, plain } from './upgrade-kit.ts'
import { isWhole, wholeDocument } from './whole.ts'

/** An IODEF 2 document as IODEF 1. */
interface Downgraded {
  readonly document: XmlElement
  readonly losses: Losses
}

/**
 * An IODEF 2 document (RFC 7970) as IODEF 1 (RFC 5070): docs/decisions/0016. `v2` is valid, `whole` its text; what comes back is valid by
 * IODEF 1's schema, never less strict, and has the text in it, from which the way back is made. The same document always
 * becomes the same.
 */
export function downgradeDocument(v2: XmlElement, whole: string): Downgraded {
  const losses: Losses = new Map()
  const [document] = downgrade(v2, { losses, around: 'private' })
  if (document === undefined) throw new Error('nothing to downgrade')
  const [first, ...others] = elements(document)
  if (first === undefined) throw new Error('no Incident to downgrade')
  const needed = neededOf(v2)
  const moved = all2(v2, 'AdditionalData').flatMap((e) => downgrade(e, { losses, around: 'private' }))
  const incident = {
    ...first,
    children: [...first.children, ...moved, ...wholeDocument(whole, needed.map(restriction1))],
  }
  return { document: { ...document, children: [incident, ...others] }, losses }
}

/** Of all of it, extension content and what has no place in IODEF 1 included. */
function neededOf(document: XmlElement): Needed {
  const labels = new Set<Label>()
  walk(document, (element) => {
    const label = askedBy(element)
    if (label !== undefined) labels.add(label)
    return undefined
  })
  return neededFor(labels)
}

type Rule = (element: XmlElement, down: Down) => XmlElement[]

/** Classes that are not only a choice of attributes and children: downgrade-words.ts. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['IODEF-Document', document],
  ['Incident', incident],
  ['RelatedActivity', relatedActivity],
  ['Contact', contact],
  ['PostalAddress', means('PostalAddress', 'PAddress')],
  ['Email', means('Email', 'EmailTo')],
  ['Telephone', telephone],
  ['Method', method],
  ['Reference', reference],
  ['Assessment', (e, down) => assessment1(e, down, downgrade)],
  ['Counter', counter1],
  ['System', (e, down) => system1(e, down, downgrade)],
  ['Node', (e, down) => node1(e, down, downgrade)],
  ['NodeRole', nodeRole1],
  ['Address', address1],
  ['Service', (e, down) => service1(e, down, downgrade)],
  ['Application', software1],
  ['OperatingSystem', software1],
  ['RecordData', recordData],
  ['AdditionalData', extension],
  ['RecordItem', extension],
])

function downgrade(element: XmlElement, down: Down): XmlElement[] {
  return (RULES.get(element.local) ?? same)(element, down)
}

const same: Rule = (element, down) => {
  const children = contentModel.elementOnly(element) ? knownChildren(element, down, downgrade) : element.children
  return [make1(element.local, carried1(element, down), children)]
}

/** IODEF 1 demands a language: `und` where none is said (RFC 5646 §4.1). Its AdditionalData goes to the first Incident. */
function document(element: XmlElement, down: Down): XmlElement[] {
  const attributes = carried1(element, down, { version: '1.00' })
  const lang = attributes.some(({ local }) => local === 'lang') ? [] : plain({ lang: 'und' })
  const incidents = all2(element, 'Incident').flatMap((e) => downgrade(e, inside(element, down)))
  return [make1('IODEF-Document', [...attributes, ...lang], incidents)]
}

/** RFC 5070 §3.2 demands ReportTime and an Assessment; RFC 7970 §3.2 GenerationTime, which is when the report was made. */
function incident(element: XmlElement, down: Down): XmlElement[] {
  const [reported] = all2(element, 'ReportTime')
  const generated = all2(element, 'GenerationTime')
  const rest = elements(element).filter((e) => e.local !== 'GenerationTime')
  const known = knownChildren({ ...element, children: rest }, down, downgrade)
  if (reported !== undefined) {
    loseAll(
      down,
      generated.filter((e) => text(e) !== text(reported)),
    )
  }
  const time = generated.map((e) => make1('ReportTime', {}, e.children))
  const timed = withOne(known, 'ReportTime', time)
  const unknown = make1('Assessment', {}, [make1('Impact', { type: 'unknown' }, [])])
  return [make1('Incident', carried1(element, down), withOne(timed, 'Assessment', [unknown]))]
}

/** Children of an Incident, with these where there is none of that name. */
function withOne(children: readonly XmlElement[], local: string, added: readonly XmlElement[]): readonly XmlElement[] {
  if (children.some((e) => e.local === local)) return children
  return children.toSpliced(placeInIncident(children, local), 0, ...added)
}

/** RFC 5070 §3.5: numbers or URLs, and one such class. */
function relatedActivity(element: XmlElement, down: Down): XmlElement[] {
  const named = child(element, NS.iodef2, 'IncidentID') === undefined ? 'URL' : 'IncidentID'
  const kept = all2(element, named)
  if (kept.length === 0) return loseAll(down, [element])
  loseAll(
    down,
    elements(element).filter(({ local }) => local !== named),
  )
  const children = kept.flatMap((e) => downgrade(e, inside(element, down)))
  return [make1('RelatedActivity', carried1(element, down), children)]
}

/** The first number of a fax stands behind the others. */
function contact(element: XmlElement, down: Down): XmlElement[] {
  const children = knownChildren(element, down, downgrade)
  const [fax, ...more] = children.filter(({ local }) => local === 'Fax')
  const phones = more.map((e) => make1('Telephone', e.attributes, e.children))
  const others = children.filter(({ local }) => local !== 'Fax')
  const at = others.findIndex(({ local }) => BEHIND_TELEPHONE.has(local))
  const split = at < 0 ? others.length : at
  const numbers = [...phones, ...(fax === undefined ? [] : [fax])]
  return [make1('Contact', carried1(element, down), [...others.slice(0, split), ...numbers, ...others.slice(split)])]
}

const BEHIND_TELEPHONE: ReadonlySet<string> = new Set(['Timezone', 'Contact', 'AdditionalData'])

/** A way to reach a Contact is a text with a meaning (RFC 5070 §3.7.2, §3.7.3). */
function means(name: string, content: string): Rule {
  return (element, down) => {
    const { attributes, children } = told(down, all2(element, content))
    const meaning = meaningOf(element, down)
    const lang = name === 'PostalAddress' ? attributes : {}
    return [make1(name, { ...lang, ...meaning }, children)]
  }
}

/** What it is described as, or else its type. */
function meaningOf(element: XmlElement, down: Down): { readonly meaning?: string } {
  const [described, ...rest] = all2(element, 'Description')
  loseAll(down, rest)
  const type = attribute(element, 'type')?.trim()
  const own = type === 'ext-value' ? attribute(element, 'ext-type') : type
  if (described === undefined) return own === undefined || own === 'fax' ? {} : { meaning: own }
  if (own !== undefined && own !== 'fax') lose(down, `${element.local}/@type`)
  return { meaning: text(described) }
}

function telephone(element: XmlElement, down: Down): XmlElement[] {
  const isFax = attribute(element, 'type')?.trim() === 'fax'
  return means(isFax ? 'Fax' : 'Telephone', 'TelephoneNumber')(element, down)
}

/** RFC 5070 §3.9 demands a Reference or a Description. */
function method(element: XmlElement, down: Down): XmlElement[] {
  const children = knownChildren(element, down, downgrade)
  if (!children.some(({ local }) => local !== 'AdditionalData')) return loseAll(down, [element])
  return [make1('Method', carried1(element, down), children)]
}

/** RFC 5070 §3.9.1 demands a name: that of its specification (RFC 7495), or else what it is described as, or its address. */
function reference(element: XmlElement, down: Down): XmlElement[] {
  const enumerated = child(element, NS.enum, 'ReferenceName')
  const id = enumerated && child(enumerated, NS.enum, 'ID')
  const descriptions = all2(element, 'Description')
  const urls = all2(element, 'URL')
  const url = urls[0]
  if (attribute(element, 'observable-id') !== undefined) lose(down, 'Reference/@observable-id')
  const rest = (list: readonly XmlElement[]) => list.flatMap((e) => downgrade(e, down))
  const addresses = urls.map((e) => make1('URL', {}, e.children))
  if (id !== undefined) {
    const name = trimmed(id)
    if (!CVE.test(name)) lose(down, 'ReferenceName/@specIndex')
    return [make1('Reference', {}, [make1('ReferenceName', {}, [name]), ...addresses, ...rest(descriptions)])]
  }
  if (descriptions.length > 0) {
    const { attributes, children } = told({ ...down, losses: new Map() }, descriptions)
    const name = make1('ReferenceName', attributes, children)
    return [make1('Reference', {}, [name, ...addresses, ...rest(descriptions.slice(1))])]
  }
  if (url === undefined) return loseAll(down, [element])
  return [make1('Reference', {}, [make1('ReferenceName', {}, [trimmed(url)]), ...addresses])]
}

function trimmed(element: XmlElement): string {
  return text(element).trim()
}

/** RFC 5070 §3.19.1 demands a RecordItem. */
function recordData(element: XmlElement, down: Down): XmlElement[] {
  const children = knownChildren(element, down, downgrade)
  const hasItem = children.some(({ local }) => local === 'RecordItem')
  const item = hasItem ? [] : [make1('RecordItem', { dtype: 'string' }, [])]
  return [make1('RecordData', carried1(element, down), before(children, 'AdditionalData', item))]
}

/** What strangers wrote stays, but for what schemas on the way would judge as their own, and copies of what is signed. */
function extension(element: XmlElement, down: Down): XmlElement[] {
  if (isWhole(element)) return []
  if (elements(element).some((inner) => findIn(inner, isJudged) !== undefined)) return loseAll(down, [element])
  return [make1(element.local, carried1(element, down), element.children.map(untyped))]
}

function isJudged({ ns, local }: XmlElement): boolean {
  return JUDGED.has(ns) || (ns === NS.ds && local === 'Signature')
}

const JUDGED: ReadonlySet<string> = new Set([NS.iodef2, NS.iodef1, NS.rid, NS.incident, NS.jid, NS.context])
