import type { Chance } from './arbitraries.ts'
import { foreignElement } from './arbitraries.ts'
import { IODEF1, IODEF2 } from './documents.ts'

/** Valid by schemas/iodef-2.0.xsd and the identifier rules; in no particular spelling, see respell.ts. */
interface GeneratedDocument {
  readonly text: string
  readonly incidents: number
}

const RESTRICTIONS = [
  '',
  '',
  ' restriction="public"',
  ' restriction="partner"',
  ' restriction="private"',
  ' restriction="amber"',
  ' restriction="default"',
  ' restriction="ext-value" ext-restriction="x"',
] as const
const PURPOSES = ['reporting', 'watch', 'mitigation', 'ext-value" ext-purpose="drill', ' other '] as const
/** what every Broker gives back as it was */
const CALM = ['plain', ' two  words ', '日本 \u{1F512}', '&lt;b&gt;&amp;amp;'] as const
const TEXTS = [
  'plain',
  ' two  words ',
  'a&#13;b',
  'a&#13;&#10;b',
  'tab&#9;tab',
  '日本 \u{1F512}',
  'é\u00a0\u2028',
  '&lt;b&gt;&amp;amp;',
  'x\n  y',
  ']]&gt;',
  'it\'s "quoted"',
  '\u0085',
] as const
const VALUES = [
  'plain',
  'a&#9;b',
  'a&#10;b',
  'a&#13;b',
  'a&#13;&#10;b',
  ' a  b ',
  '&quot;&apos;&lt;&gt;&amp;',
  '日',
  'p:q',
] as const

export function iodefDocument(c: Chance, maxIncidents = 4): GeneratedDocument {
  const incidents = 1 + c.int(maxIncidents - 1)
  // references may point into any Incident of the document
  const targets = Array.from({ length: incidents }, () => (c.once(4) ? c.int(incidents - 1) : undefined))
  const writer = new Writer(c, targets)
  const list = targets.map((_, i) => writer.incident(i))
  // the same Incident twice, where it has no identifier
  if (incidents > 1 && c.once(4) && targets.every((t) => t === undefined)) list[incidents - 1] = list[0] ?? ''
  const attributes =
    (c.once(3) ? ' xml:lang="ja"' : '') +
    (c.once(4) ? ` format-id="${c.pick(VALUES)}"` : '') +
    (c.once(4) ? ' private-enum-name="csirt.example" private-enum-id="1"' : '') +
    (c.once(8) ? ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x x.xsd"' : '')
  const behind = writer.additional(c.once(3) ? 1 : 0)
  return {
    text: `<IODEF-Document version="2.00" xmlns="${IODEF2}"${attributes}>${list.join('')}${behind}</IODEF-Document>`,
    incidents,
  }
}

class Writer {
  readonly #c: Chance
  readonly #calm: boolean
  readonly #targets: readonly (number | undefined)[]

  constructor(c: Chance, targets: readonly (number | undefined)[]) {
    this.#c = c
    this.#calm = c.once(2)
    this.#targets = targets
  }

  incident(i: number): string {
    const c = this.#c
    const target = this.#targets[i]
    const observable = this.#targets.includes(i) ? ` observable-id="o${i}"` : ''
    const id = `<IncidentID name="csirt.example"${c.once(4) ? ` instance="${c.pick(this.#calm ? CALM : VALUES)}"` : ''}>${c.once(3) ? c.pick(this.#calm ? CALM : TEXTS) : `2026-${i}`}</IncidentID>`
    return (
      `<Incident purpose="${c.pick(PURPOSES)}"${c.pick(RESTRICTIONS)}${c.once(4) ? ' xml:lang="en"' : ''}${observable}>${id}` +
      (c.once(5) ? '<AlternativeID><IncidentID name="b.example">7</IncidentID></AlternativeID>' : '') +
      (c.once(5) ? '<DetectTime> 2026-01-01T00:00:00+09:00 </DetectTime>' : '') +
      '<GenerationTime>2026-01-01T00:00:00Z</GenerationTime>' +
      this.#some(() => `<Description${c.once(3) ? ' xml:lang="de"' : ''}>${this.#text()}</Description>`) +
      `<Contact role="creator" type="organization"><ContactName>${this.#text()}</ContactName></Contact>` +
      this.#some(() => this.#eventData(i)) +
      (target !== undefined
        ? `<IndicatorData><Indicator><IndicatorID name="csirt.example" version="1">i${i}</IndicatorID><ObservableReference uid-ref="o${target}"/></Indicator></IndicatorData>`
        : '') +
      this.additional(c.int(2)) +
      '</Incident>'
    )
  }

  additional(count: number): string {
    const c = this.#c
    return Array.from({ length: count }, () => {
      const attributes = `${c.pick(RESTRICTIONS)}${c.once(3) ? ` meaning="${c.pick(this.#calm ? CALM : VALUES)}"` : ''}`
      if (c.once(3)) return `<AdditionalData dtype="string"${attributes}>${this.#text()}</AdditionalData>`
      if (c.once(8))
        return `<AdditionalData dtype="xml"${attributes}><Incident purpose="other" xmlns="${IODEF1}"><IncidentID name="old">1</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person"/></Incident></AdditionalData>`
      const between = c.once(2) ? ' \n ' : ''
      const ns = c.pick(['', ' xmlns="urn:f"', this.#calm ? '' : ' xmlns=""'])
      return `<AdditionalData dtype="xml"${attributes}>${between}<foreign${ns}>${foreignElement(c)}${between}</foreign></AdditionalData>`
    }).join('')
  }

  #eventData(i: number): string {
    const c = this.#c
    return (
      `<EventData${c.pick(RESTRICTIONS)}><Description>${this.#text()}</Description>` +
      (c.once(2)
        ? `<Flow><System category="source" spoofed="no"><Node><Address category="ipv4-addr">192.0.2.${i}</Address></Node><Service ip-protocol="6"><Port>80</Port></Service></System></Flow>`
        : '') +
      (c.once(3) ? `<Expectation action="investigate"/>` : '') +
      (c.once(5) ? `<EventData><Description>${this.#text()}</Description></EventData>` : '') +
      '</EventData>'
    )
  }

  #text(): string {
    const c = this.#c
    return Array.from({ length: c.int(2) }, () => c.pick(this.#calm ? CALM : TEXTS)).join('')
  }

  #some(write: () => string): string {
    return Array.from({ length: this.#c.int(2) }, write).join('')
  }
}
