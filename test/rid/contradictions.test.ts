import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkMessage } from '../../src/rid/contradictions.ts'
import { mentionOf } from '../../src/rid/mentions.ts'
import { embeddedDocuments } from '../../src/rid/message.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { walk } from '../../src/xml/tree.ts'
import { documentText, IODEF1, incidentText, ridText } from '../support/documents.ts'

/** The findings of each kind, without `RFC 6545`. */
function find(text: string) {
  const root = scan(text)
  const [document] = embeddedDocuments(root)
  const mentioned = new Set<string>()
  if (document !== undefined) {
    walk(document, (element) => {
      mentioned.add(mentionOf(element) ?? '')
      return undefined
    })
  }
  const { contradictions, lapses, oddities } = checkMessage(root, document, mentioned)
  const said = (list: typeof lapses) => list.map(({ message }) => message.replace('RFC 6545 ', ''))
  return { contradictions: said(contradictions), lapses: said(lapses), oddities: said(oddities) }
}

const NODE = `<Node xmlns="${IODEF1}"><NodeName>rid.example</NodeName></Node>`
const node = (content: string) => `<Node xmlns="${IODEF1}">${content}</Node>`
/** A Report that lacks nothing, but for what `change` does to it. */
const proper = (change: (text: string) => string = (text) => text, msgType = 'Report', content = DETAIL) =>
  change(
    ridText(documentText([incidentText({ content })]), { msgType }).replace(
      NODE,
      node('<NodeName>rid.example</NodeName><Address category="ipv4-addr">192.0.2.1</Address>'),
    ),
  )
const DETAIL = '<Assessment><SystemImpact type="unknown"/></Assessment><Method><Description>x</Description></Method>'
const STATUS = '<RequestStatus AuthorizationStatus="Approved"/>'
const source = (content: string) => `<IncidentSource>${content}</IncidentSource>`

test('a proper Report has no findings', () => {
  assert.deepEqual(find(proper()), { contradictions: [], lapses: [], oddities: [] })
})

test('a policy of very many regions is looked at all the same', () => {
  const regions = (text: string) => text.replace(/<PolicyRegion [^>]*\/>/, (region) => region.repeat(140_000))
  const { lapses } = find(proper(regions))
  assert.deepEqual(lapses, [])
})

test('what is no message has none either', () => {
  const text = '<RID xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0" lang="en"/>'
  assert.deepEqual(find(text), { contradictions: [], lapses: [], oddities: [] })
})

describe('a message that contradicts itself', () => {
  const behind = (element: string) => (text: string) => text.replace('</RIDPolicy>', `</RIDPolicy>${element}`)
  const toSource = (text: string) => text.replace('"RIDSystem"', '"SourceOfIncident"')
  const CASES: readonly (readonly [string, string, readonly RegExp[]])[] = [
    [
      'a RequestStatus in a Report',
      proper(behind(STATUS)),
      [/^§5: RequestStatus stands in an Acknowledgement only.*a Report/],
    ],
    ['an Acknowledgement without RequestStatus', ridText(null, { msgType: 'Acknowledgement' }), [/^§6\.2/]],
    ['an Acknowledgement with it', ridText(null, { msgType: 'Acknowledgement', behind: STATUS }), []],
    [
      'an IncidentSource in a Report',
      proper(behind(source('<SourceFound>false</SourceFound>'))),
      [/^§5: IncidentSource/],
    ],
    ['a Result without IncidentSource', proper(undefined, 'Result'), [/^§6\.3/]],
    ['a Result with it', proper(behind(source('<SourceFound>false</SourceFound>')), 'Result'), []],
    [
      'a Report to SourceOfIncident',
      proper(toSource),
      [/^§5\.1: Only an InvestigationRequest.*a Report/, /^§5\.1: To SourceOfIncident.*no NodeName/],
    ],
    [
      'an InvestigationRequest to SourceOfIncident by name',
      proper((text) => toSource(text).replace(/<Address.*?<\/Address>/, ''), 'InvestigationRequest'),
      [/no NodeName/, /needs an Address/],
    ],
    [
      'an InvestigationRequest to SourceOfIncident by address',
      proper((text) => toSource(text).replace('<NodeName>rid.example</NodeName>', ''), 'InvestigationRequest'),
      [],
    ],
    ['a TraceRequest without document', ridText(null, { msgType: 'TraceRequest' }), [/^§6\.1: A TraceRequest/]],
    ['an InvestigationRequest without document', ridText('', { msgType: 'InvestigationRequest' }), [/^§6\.1/]],
    ['a TraceRequest with another vocabulary', ridText('<x xmlns="urn:x"/>', { msgType: 'TraceRequest' }), []],
    ['a Query without document', ridText(null, { msgType: 'Query' }), []],
    ['an empty Report', ridText(null), []],
  ]
  for (const [name, text, expected] of CASES) {
    test(name, () => {
      const { contradictions } = find(text)
      assert.equal(contradictions.length, expected.length, contradictions.join('\n'))
      for (const [i, pattern] of expected.entries()) assert.match(contradictions[i] ?? '', pattern)
    })
  }
})

describe('what a message lacks', () => {
  const other = (text: string) => text.replace('type="Attack"', 'type="Other"')
  const CASES: readonly (readonly [string, string, readonly RegExp[]])[] = [
    [
      'an ext-value that says nothing',
      proper((t) => t.replace('region="PeerToPeer"', 'region="ext-value"')),
      [/^§5\.1: region is "ext-value"/],
    ],
    [
      'an ext-value that says what',
      proper((t) => t.replace('region="PeerToPeer"', 'region="ext-value" ext-region="a"')),
      [],
    ],
    [
      'an extension of what is none',
      proper((t) => t.replace('region="PeerToPeer"', 'region="PeerToPeer" ext-region="a"')),
      [/^§5\.1: ext-region is written/],
    ],
    [
      "ext-values in the document, which are not the message's",
      proper((t) => t.replace('purpose="reporting"', 'purpose="ext-value"')),
      [],
    ],
    ['TrafficType Other without description', proper(other), [/^§5\.1: TrafficType Other/]],
    [
      'TrafficType Other with an Expectation',
      proper(other, 'Report', `${DETAIL}<EventData><Expectation action="nothing"/></EventData>`),
      [],
    ],
    [
      'the times, Confidence and Systems of a request',
      proper(undefined, 'TraceRequest'),
      [/^§6\.1: .*DetectTime, StartTime, EndTime, Confidence, System source, System target/],
    ],
    [
      'the address of a source that was found',
      proper((t) => t.replace('</RIDPolicy>', `</RIDPolicy>${source('<SourceFound>true</SourceFound>')}`)),
      [/^§5\.3/],
    ],
    [
      'the address of one that was not',
      proper((t) => t.replace('</RIDPolicy>', `</RIDPolicy>${source('<SourceFound>false</SourceFound>')}`)),
      [],
    ],
    [
      'nothing, of a source with its address',
      proper((t) =>
        t.replace(
          '</RIDPolicy>',
          `</RIDPolicy>${source(`<SourceFound>1</SourceFound>${node('<Address>192.0.2.9</Address>')}`)}`,
        ),
      ),
      [],
    ],
  ]
  for (const [name, text, expected] of CASES) {
    test(name, () => {
      const { lapses } = find(text)
      assert.equal(lapses.length, expected.length, lapses.join('\n'))
      for (const [i, pattern] of expected.entries()) assert.match(lapses[i] ?? '', pattern)
    })
  }
})

describe('what is odd in a message', () => {
  const withNode = (content: string) => proper((text) => text.replace(/<Node .*?<\/Node>/, node(content)))
  const CASES: readonly (readonly [string, string, readonly RegExp[]])[] = [
    ['a Node without an address', withNode('<NodeName>rid.example</NodeName>'), [/^§5\.1: Node needs an Address/]],
    ['an empty Node', withNode(''), [/^§5\.1: Node needs an Address/]],
    [
      'an Address that is none',
      withNode('<Address>somewhere</Address>'),
      [/^§5\.1: Node needs/, /^§5\.1: Address "somewhere" is no ipv4-addr/],
    ],
    [
      'an IPv6 address that is said to be an IPv4 address',
      withNode('<Address>2001:db8::1</Address>'),
      [/Node needs/, /no ipv4-addr/],
    ],
    ['an IPv6 address', withNode('<Address category="ipv6-addr"> 2001:db8::1 </Address>'), []],
    [
      'an A-label',
      withNode('<NodeName>xn--bcher-kva.example</NodeName><Address>192.0.2.1</Address>'),
      [/^§11: .*A-label/],
    ],
    ['a U-label', withNode('<NodeName>b\u00fccher.example</NodeName><Address>192.0.2.1</Address>'), []],
    [
      'a name that is none',
      withNode('<NodeName>N/A</NodeName><Address>192.0.2.1</Address>'),
      [/^§5\.1: NodeName "N\/A" is no domain name/],
    ],
    [
      'TrafficType Attack without details',
      proper(undefined, 'Report', ''),
      [/^§5\.1: TrafficType Attack .*no Method and no Assessment/],
    ],
  ]
  for (const [name, text, expected] of CASES) {
    test(name, () => {
      const { oddities } = find(text)
      assert.equal(oddities.length, expected.length, oddities.join('\n'))
      for (const [i, pattern] of expected.entries()) assert.match(oddities[i] ?? '', pattern)
    })
  }
})
