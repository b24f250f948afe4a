import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaWords } from '../../src/iodef/schema-words.ts'
import { parseText, validate } from '../../src/xml/libxml.ts'
import { locate } from '../../src/xml/locate.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { compiledSchema, type Top } from './support.ts'

/** What is said first of a document that is not valid. */
function told(xml: string, top: Top): string {
  const parsed = parseText(xml)
  assert.ok(parsed.ok, xml)
  const root = scan(xml)
  const { errors } = validate(parsed.document, compiledSchema(top))
  parsed.document.dispose()
  return errors.map((error) => schemaWords(error, locate(root, error.path)).message)[0] ?? ''
}

const INCIDENT = {
  id: '<IncidentID name="a.example">1</IncidentID>',
  time: '<GenerationTime>2026-01-01T00:00:00Z</GenerationTime>',
  contact: '<Contact role="creator" type="person"/>',
}
const two = (content: string, attributes = 'version="2.00"', incident = 'purpose="reporting"') =>
  `<IODEF-Document xmlns="${NS.iodef2}" ${attributes}>\n<Incident ${incident}>${INCIDENT.id}${content}</Incident></IODEF-Document>`
const valid = (behind = '', attributes?: string, incident?: string) =>
  two(INCIDENT.time + INCIDENT.contact + behind, attributes, incident)
const one = (contact: string, attributes = 'version="1.00" lang="en"') =>
  `<IODEF-Document xmlns="${NS.iodef1}" ${attributes}><Incident purpose="reporting">${INCIDENT.id}<ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person">${contact}</Contact></Incident></IODEF-Document>`
const rid = (node: string) =>
  `<RID xmlns="${NS.rid}" lang="en"><RIDPolicy MsgType="Report" MsgDestination="RIDSystem"><PolicyRegion region="PeerToPeer"/>${node}<TrafficType type="Attack"/></RIDPolicy></RID>`
const time = (value: string) => two(`<GenerationTime>${value}</GenerationTime>${INCIDENT.contact}`)
const indicator = (id: string, before = '') =>
  valid(
    `<EventData>${before}</EventData><IndicatorData><Indicator><IndicatorID name="a.example" version="1">${id}</IndicatorID><Observable/></Indicator></IndicatorData>`,
  )

const TIMES: Readonly<Record<string, RegExp>> = {
  '2026-11-01T10:00:00+0200': /the time zone has a colon\.$/,
  '2026-11-01 10:00:00Z': /a T, not a space, stands between date and time\.$/,
  '2026-11-01T10:00:00,5Z': /a dot, not a comma\.$/,
  '2026-11-01T10:00Z': /the seconds are missing\.$/,
  '2016-12-31T23:59:60Z': /a leap second has no place in XML Schema/,
  '2026-11-01': /the time of day is missing\.$/,
  '1793527200': /a count of seconds is no date\.$/,
  '01.11.2026 10:00': /the year comes first/,
  '11/01/2026': /the year comes first/,
  'Sun, 01 Nov 2026 10:00:00 GMT': /names of days and months/,
  '20261101T100000Z': /hyphens and colons/,
  '2026-11-01t10:00:00z': /a capital T/,
  '2026-11-01T10:00:00z': /Z is a capital/,
  '2026-11-01T10:00:00 UTC': /there is no space in it/,
  '2026-11-01T10:00:00UTC': /Z or an offset, not a name/,
  '2026-11-01T10:00:00+02': /the time zone has minutes/,
  '2026-02-30T10:00:00Z': /there is no such day or time/,
  '2026-11-01T25:00:00Z': /there is no such day or time/,
  '': /there is nothing in it/,
  'last week': /names of days/,
}
for (const [value, message] of Object.entries(TIMES)) {
  test(`what is wrong with a time is told: "${value}"`, () => {
    const said = told(time(value), 'iodef-2.0.xsd')
    assert.match(
      said,
      /is not a valid value of the union type 'DateTimeType'\. A date and time is written as 2026-11-01T10:00:00\+02:00: /,
    )
    assert.match(said, message)
  })
}

const CASES: readonly [name: string, top: Top, xml: string, message: string | RegExp][] = [
  [
    'lang in IODEF 2',
    'iodef-2.0.xsd',
    valid('', 'version="2.00" lang="en"'),
    "Element 'IODEF-Document', attribute 'lang': The attribute 'lang' is not allowed. Did you mean xml:lang?",
  ],
  [
    'xml:lang in IODEF 1',
    'iodef-1.0.xsd',
    one('', 'version="1.00" xml:lang="en"'),
    /The attribute 'xml:lang' is not allowed\. Did you mean lang\?$/,
  ],
  ['formatid in IODEF 2', 'iodef-2.0.xsd', valid('', 'formatid="x"'), /Did you mean format-id\?$/],
  [
    'an attribute in the wrong case',
    'iodef-2.0.xsd',
    valid('', '', 'purpose="reporting" Restriction="public"'),
    /Did you mean restriction\?$/,
  ],
  [
    'an attribute that nobody knows',
    'iodef-2.0.xsd',
    valid('', '', 'purpose="reporting" name="x"'),
    /The attribute 'name' is not allowed\.$/,
  ],
  ['no purpose', 'iodef-2.0.xsd', valid('', '', ''), /required but missing\. Write purpose="reporting"/],
  ['no dtype', 'iodef-2.0.xsd', valid('<AdditionalData/>'), /Write dtype="xml" for XML inside/],
  ['no lang', 'iodef-1.0.xsd', one('', 'version="1.00"'), /Write lang="en"/],
  ['a word in the wrong case', 'iodef-2.0.xsd', valid('', '', 'purpose="Reporting"'), /Did you mean "reporting"\?$/],
  [
    'a word with an underscore',
    'iodef-2.0.xsd',
    valid('', '', 'purpose="reporting" restriction="need_to_know"'),
    /Did you mean "need-to-know"\?$/,
  ],
  [
    'TLP 2.0 as a word',
    'iodef-2.0.xsd',
    valid('', '', 'purpose="reporting" restriction="TLP:CLEAR"'),
    /Did you mean "white"\?$/,
  ],
  [
    'a word of its own',
    'iodef-2.0.xsd',
    valid('', '', 'purpose="reporting" status="on-the-way"'),
    /Another word than these is written status="ext-value" ext-status="on-the-way"\.$/,
  ],
  [
    'an identifier that begins with a digit',
    'iodef-2.0.xsd',
    indicator('550e8400-e29b'),
    /'xs:ID'\. It must start with a letter or _, as _550e8400-e29b\.$/,
  ],
  [
    'an identifier with a colon',
    'iodef-2.0.xsd',
    indicator('example:indicator-1'),
    /There may be no colon in an ID\.$/,
  ],
  ['an identifier with a blank', 'iodef-2.0.xsd', indicator('a b'), /There may be no white space in an ID\.$/],
  ['an identifier with other characters', 'iodef-2.0.xsd', indicator('a/b'), /letters, digits, - \. and _/],
  [
    'an observable-id that begins with a digit',
    'iodef-2.0.xsd',
    valid('<EventData observable-id="7"/>'),
    /It must start with a letter or _, as _7\.$/,
  ],
  [
    'an observable-id twice',
    'iodef-2.0.xsd',
    valid('\n<EventData observable-id="e1"/>\n<EventData observable-id="e1"/>'),
    /'xs:ID'\. It is already used in line 3\.$/,
  ],
  [
    'a language as a locale',
    'iodef-2.0.xsd',
    valid('', 'xml:lang="pt_BR"'),
    /A language is written as pt-BR \(BCP 47\)\.$/,
  ],
  [
    'a list of ports with blanks',
    'iodef-2.0.xsd',
    valid(
      '<EventData><Flow><System><Node><Address>::1</Address></Node><Service ip-protocol="6"><Portlist>80, 443</Portlist></Service></System></Flow></EventData>',
    ),
    /A list of ports is written as 80,443,8000-8080, without blanks\.$/,
  ],
  [
    'a port in words',
    'iodef-2.0.xsd',
    valid(
      '<EventData><Flow><System><Node><Address>::1</Address></Node><Service ip-protocol="6"><Port>https</Port></Service></System></Flow></EventData>',
    ),
    /A whole number is written as 443\.$/,
  ],
  [
    'a time zone without a colon',
    'iodef-2.0.xsd',
    two(`${INCIDENT.time}<Contact role="creator" type="person"><Timezone>+0100</Timezone></Contact>`),
    /A time zone is written as \+02:00, or Z\.$/,
  ],
  [
    'a URL that was cut off',
    'iodef-2.0.xsd',
    valid('<EventData><Method><Reference><URL>http://[2001:db8::1</URL></Reference></Method></EventData>'),
    /What begins with \[ behind \/\/ is an IPv6 address, and ends with \], as in http:\/\/\[2001:db8::1\]\/: this was cut off\.$/,
  ],
  [
    'elements in another order',
    'iodef-2.0.xsd',
    two(INCIDENT.contact + INCIDENT.time),
    /The order counts: GenerationTime stands before Contact\.$/,
  ],
  ['an element that is lacking', 'iodef-2.0.xsd', two(INCIDENT.contact), /Expected is one of .*GenerationTime/],
  [
    'an element in the wrong case',
    'iodef-2.0.xsd',
    two(`<generationTime>2026-01-01T00:00:00Z</generationTime>${INCIDENT.contact}`),
    /Did you mean GenerationTime\?$/,
  ],
  [
    'an element of another vocabulary',
    'iodef-2.0.xsd',
    valid('<x xmlns="urn:x"/>'),
    /It stands in the namespace "urn:x", and other vocabularies belong in AdditionalData\.$/,
  ],
  [
    'an Impact in IODEF 2',
    'iodef-2.0.xsd',
    two(`${INCIDENT.time}<Assessment><Impact/></Assessment>${INCIDENT.contact}`),
    /Impact is IODEF 1 \(RFC 5070\) here; IODEF 2 has SystemImpact/,
  ],
  [
    'a GenerationTime in IODEF 1',
    'iodef-1.0.xsd',
    one('').replace('<ReportTime>', `${INCIDENT.time}<ReportTime>`),
    /GenerationTime is IODEF 2 \(RFC 7970\), and its namespace says IODEF 1\.$/,
  ],
  [
    'an Email that is text',
    'iodef-2.0.xsd',
    two(`${INCIDENT.time}<Contact role="creator" type="person"><Email>a@b.example</Email></Contact>`),
    /In IODEF 2 the text stands in EmailTo, inside Email\.$/,
  ],
  [
    'an Email that is none',
    'iodef-1.0.xsd',
    one('<Email><EmailTo>a@b.example</EmailTo></Email>'),
    /In IODEF 1 Email is text; EmailTo is IODEF 2\.$/,
  ],
  ['text between elements', 'iodef-2.0.xsd', valid('and then'), /There is "and then" between its elements\.$/],
  [
    'a type that nobody knows, on an element that has one',
    'iodef-2.0.xsd',
    valid(
      '<AdditionalData dtype="string" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Mine">x</AdditionalData>',
    ),
    /Leave xsi:type out: the element has one type\.$/,
  ],
  [
    'a Node in the namespace of a draft',
    'iodef-rid-2.0.xsd',
    rid('<Node xmlns="urn:ietf:params:xml:ns:iodef-1.42"/>'),
    `Element '{urn:ietf:params:xml:ns:iodef-1.42}Node': This element is not expected. Expected is one of ( PolicyRegion, Node ). It stands in the namespace "urn:ietf:params:xml:ns:iodef-1.42"; the Node that is expected is of "${NS.iodef1}".`,
  ],
  [
    'a Node in the namespace of RID',
    'iodef-rid-2.0.xsd',
    rid('<Node/>'),
    new RegExp(`the Node that is expected is of "${NS.iodef1}"\\.$`),
  ],
  [
    'a Node of IODEF 2',
    'iodef-rid-2.0.xsd',
    rid(`<Node xmlns="${NS.iodef2}"/>`),
    /the Node that is expected is of "[^"]*iodef-1\.0"\.$/,
  ],
]
for (const [name, top, xml, message] of CASES) {
  test(`not valid, and what would be right: ${name}`, () => {
    const said = told(xml, top)
    if (typeof message === 'string') assert.equal(said, message)
    else assert.match(said, message)
  })
}

test('names and values of strangers harm nobody', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    assert.equal(typeof told(valid(`<${name}/>`), 'iodef-2.0.xsd'), 'string')
    assert.equal(typeof told(valid('', `${name}="${name}"`), 'iodef-2.0.xsd'), 'string')
    assert.equal(typeof told(valid('', '', `purpose="${name}"`), 'iodef-2.0.xsd'), 'string')
    assert.match(told(two(`<Email>${name}</Email>`), 'iodef-2.0.xsd'), /not expected/)
  }
  const long = told(valid('', '', `purpose="${'x'.repeat(100_000)}"`), 'iodef-2.0.xsd')
  assert.ok(long.length < 700, String(long.length))
})
