import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { PLAIN_SHELL } from '../../src/profile/shell.ts'
import type { Part } from '../../src/relay/part.ts'
import { renderRid as render, withheldFrom } from '../../src/relay/render-rid.ts'
import { checkMessage } from '../../src/rid/contradictions.ts'
import { embeddedDocuments, readRid } from '../../src/rid/message.ts'
import { nodeOf } from '../../src/rid/node.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const RECEIVER = { name: 'csirt-z.example', address: '192.0.2.26' }
const renderRid = (...args: Parameters<typeof render>) => render(...args).write(RECEIVER)
const peer = {
  name: 'csirt-z',
  topics: ['incident'],
  send: ['Report'],
  restrictions: ['green', 'public'],
  policy: { region: 'IntraConsortium', traffic: 'Content' },
} as unknown as PeerConfig

const INCIDENT = (id: string) =>
  `<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"><IncidentID name="csirt.example">${id}</IncidentID></Incident>`

function part(change: Partial<Part> = {}): Part {
  return {
    version: 2,
    msgType: 'Report',
    policy: null,
    incidentSource: null,
    shell: PLAIN_SHELL,
    incidents: [INCIDENT('1')],
    original: null,
    signatures: [],
    id: { name: 'csirt.example', instance: null, id: '1' },
    needed: ['public'],
    items: [],
    ...change,
  }
}

describe('whether a peer may be sent a document', () => {
  test('no publisher makes the gateway ask a peer for anything in its own name', () => {
    const needed = ['public'] as const
    assert.equal(
      withheldFrom({ ...peer, send: ['Report'] }, 'incident', { msgType: 'TraceRequest', needed }),
      'a TraceRequest: "send" of csirt-z does not list it',
    )
    assert.equal(
      withheldFrom({ ...peer, send: ['TraceRequest'] }, 'incident', { msgType: 'TraceRequest', needed }),
      undefined,
    )
  })

  test('is a matter of its Topics and of its restrictions, twins included', () => {
    assert.equal(withheldFrom(peer, 'incident', { msgType: 'Report', needed: ['partner'] }), undefined)
    assert.equal(withheldFrom(peer, 'incident', { msgType: 'Report', needed: ['public'] }), undefined)
    assert.equal(
      withheldFrom(peer, 'other', { msgType: 'Report', needed: ['public'] }),
      'Topic other is not listed for csirt-z',
    )
    assert.equal(
      withheldFrom(peer, 'incident', { msgType: 'Report', needed: ['private'] }),
      'restriction: the document counts as "private", which csirt-z may not be sent',
    )
    assert.equal(
      withheldFrom(peer, 'incident', { msgType: 'Report', needed: ['partner', 'default'] }),
      'restriction: the document counts as "default", which csirt-z may not be sent',
    )
  })
})

describe('the RID message of a document', () => {
  const read = (xml: string) => readRid(scan(xml))

  test("has the peer's own policy where it came with none, and the peer as the RID system that it is for", () => {
    const { policy, msgType } = read(renderRid(peer, [part()], true))
    assert.equal(msgType, 'Report')
    assert.deepEqual(policy?.regions, [{ region: 'IntraConsortium' }])
    assert.deepEqual(policy?.traffic, [{ type: 'Content' }])
    assert.equal(policy?.node, nodeOf(RECEIVER))
    assert.equal(policy?.incidentId?.text, '1')
  })

  test('has the policy it came with, but is of its own MsgType and to this peer', () => {
    const came = {
      attributes: { MsgType: 'Query', MsgDestination: 'RIDSystem', restriction: 'public' },
      regions: [{ region: 'ClientToSP' }],
      node: nodeOf({ name: 'elsewhere.example', address: '192.0.2.5' }),
      traffic: [{ type: 'Attack' }],
      incidentId: { attributes: { name: 'other.example' }, text: '7' },
    }
    const { policy } = read(renderRid(peer, [part({ policy: came })], true))
    assert.deepEqual(policy?.attributes, { ...came.attributes, MsgType: 'Report' })
    assert.deepEqual([policy?.regions, policy?.traffic], [came.regions, came.traffic])
    assert.equal(policy?.node, nodeOf(RECEIVER))
    assert.deepEqual(policy?.incidentId, came.incidentId)
    // the Node of an InvestigationRequest to the source of the incident is that source
    const toSource = { ...came, attributes: { ...came.attributes, MsgDestination: 'SourceOfIncident' } }
    const request = read(renderRid(peer, [part({ policy: toSource, msgType: 'InvestigationRequest' })], true)).policy
    assert.equal(request?.node, came.node)
    assert.equal(request?.attributes.MsgDestination, 'SourceOfIncident')
    const report = read(renderRid(peer, [part({ policy: toSource })], true)).policy
    assert.equal(report?.node, nodeOf(RECEIVER))
    assert.equal(report?.attributes.MsgDestination, 'RIDSystem')
  })

  test('fills in what the policy it came with does not say', () => {
    const bare = {
      attributes: { MsgDestination: 'SourceOfIncident' },
      regions: [],
      node: '',
      traffic: [],
      incidentId: null,
    }
    const { policy } = read(renderRid(peer, [part({ policy: bare })], true))
    assert.deepEqual(policy?.regions, [{ region: 'IntraConsortium' }])
    assert.deepEqual(policy?.traffic, [{ type: 'Content' }])
    assert.equal(policy?.node, nodeOf(RECEIVER))
    assert.equal(policy?.incidentId?.text, '1')
  })

  test('holds the Incidents of all parts in their order', () => {
    const parts = [part({ incidents: [INCIDENT('1'), INCIDENT('2')] }), part({ incidents: [INCIDENT('3')] })]
    const xml = renderRid(peer, parts, true)
    assert.deepEqual(
      [...xml.matchAll(/>(\d)<\/IncidentID><\/Incident>/g)].map((match) => match[1]),
      ['1', '2', '3'],
    )
  })

  test('holds the original and its signatures where it is there, whole', () => {
    const original = PLAIN_SHELL.replace('></', ' formatid="as it came"></')
    const signature = '<Signature xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"></Signature>'
    const parts = [part(), part({ original, signatures: [signature] })]
    const whole = renderRid(peer, parts, true)
    assert.match(whole, /as it came/)
    assert.ok(whole.includes(signature))
    assert.doesNotMatch(whole, /<Incident /)
    const lacking = renderRid(peer, parts, false)
    assert.doesNotMatch(lacking, /as it came|Signature/)
    assert.match(lacking, /<Incident /)
  })

  test('says what was found where it is a Result, and nowhere else: a response need not, a report might', () => {
    const found =
      '<IncidentSource xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"><SourceFound>true</SourceFound></IncidentSource>'
    const result = (incidentSource: string | null) =>
      renderRid(peer, [part({ msgType: 'Result', incidentSource })], true)
    assert.match(result(found), /<SourceFound>true</)
    assert.match(result(null), /<SourceFound>false</)
    assert.doesNotMatch(renderRid(peer, [part({ incidentSource: found })], true), /IncidentSource/)
  })

  test('is none that contradicts itself, of whatever MsgType, and whatever policy it came with', () => {
    const toSource = {
      attributes: { MsgType: 'Report', MsgDestination: 'SourceOfIncident' },
      ...{ regions: [], traffic: [], incidentId: null, node: nodeOf(RECEIVER) },
    }
    for (const msgType of ['Report', 'Query', 'InvestigationRequest', 'TraceRequest', 'Result'] as const) {
      for (const policy of [null, ...(msgType === 'InvestigationRequest' ? [] : [toSource])]) {
        const root = scan(renderRid(peer, [part({ msgType, policy })], true))
        const { contradictions, oddities } = checkMessage(root, embeddedDocuments(root)[0], new Set())
        assert.deepEqual([contradictions, oddities], [[], []])
      }
    }
  })

  test('says of what MsgType it is', () => {
    assert.equal(render(peer, [part({ msgType: 'Query' })], true).msgType, 'Query')
  })

  test('cannot be made of nothing', () => {
    assert.throws(() => renderRid(peer, [], true), /nothing to render/)
  })
})
