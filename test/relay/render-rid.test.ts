import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import { PLAIN_SHELL } from '../../src/profile/shell.ts'
import type { Part } from '../../src/relay/part.ts'
import { renderRid as render, withheldFrom } from '../../src/relay/render-rid.ts'
import { nodeOf, readRid } from '../../src/rid/message.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const config = { rid: { name: 'gateway.example' } } as Parameters<typeof render>[0]
const renderRid = (...args: Parameters<typeof render>) => render(...args).xml
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

  test("has the peer's own policy where it came with none, and this gateway as the RID system", () => {
    const { policy, msgType } = read(renderRid(config, peer, [part()], true))
    assert.equal(msgType, 'Report')
    assert.deepEqual(policy?.regions, [{ region: 'IntraConsortium' }])
    assert.deepEqual(policy?.traffic, [{ type: 'Content' }])
    assert.equal(policy?.node, nodeOf('gateway.example'))
    assert.equal(policy?.incidentId?.text, '1')
  })

  test('has the policy it came with, but is of its own MsgType and sent by this gateway', () => {
    const came = {
      attributes: { MsgType: 'Query', MsgDestination: 'RIDSystem', restriction: 'public' },
      regions: [{ region: 'ClientToSP' }],
      node: nodeOf('elsewhere.example'),
      traffic: [{ type: 'Attack' }],
      incidentId: { attributes: { name: 'other.example' }, text: '7' },
    }
    const { policy } = read(renderRid(config, peer, [part({ policy: came })], true))
    assert.deepEqual(policy?.attributes, { ...came.attributes, MsgType: 'Report' })
    assert.deepEqual([policy?.regions, policy?.traffic], [came.regions, came.traffic])
    assert.equal(policy?.node, nodeOf('gateway.example'))
    assert.deepEqual(policy?.incidentId, came.incidentId)
    // the Node of a message to the source of the incident is that source
    const toSource = { ...came, attributes: { ...came.attributes, MsgDestination: 'SourceOfIncident' } }
    assert.equal(read(renderRid(config, peer, [part({ policy: toSource })], true)).policy?.node, came.node)
  })

  test('fills in what the policy it came with does not say', () => {
    const bare = {
      attributes: { MsgDestination: 'SourceOfIncident' },
      regions: [],
      node: '',
      traffic: [],
      incidentId: null,
    }
    const { policy } = read(renderRid(config, peer, [part({ policy: bare })], true))
    assert.deepEqual(policy?.regions, [{ region: 'IntraConsortium' }])
    assert.deepEqual(policy?.traffic, [{ type: 'Content' }])
    assert.equal(policy?.node, nodeOf('gateway.example'))
    assert.equal(policy?.incidentId?.text, '1')
  })

  test('holds the Incidents of all parts in their order', () => {
    const parts = [part({ incidents: [INCIDENT('1'), INCIDENT('2')] }), part({ incidents: [INCIDENT('3')] })]
    const xml = renderRid(config, peer, parts, true)
    assert.deepEqual(
      [...xml.matchAll(/>(\d)<\/IncidentID><\/Incident>/g)].map((match) => match[1]),
      ['1', '2', '3'],
    )
  })

  test('holds the original and its signatures where it is there, whole', () => {
    const original = PLAIN_SHELL.replace('></', ' formatid="as it came"></')
    const signature = '<Signature xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0"></Signature>'
    const parts = [part(), part({ original, signatures: [signature] })]
    const whole = renderRid(config, peer, parts, true)
    assert.match(whole, /as it came/)
    assert.ok(whole.includes(signature))
    assert.doesNotMatch(whole, /<Incident /)
    const lacking = renderRid(config, peer, parts, false)
    assert.doesNotMatch(lacking, /as it came|Signature/)
    assert.match(lacking, /<Incident /)
  })

  test('says of what MsgType it is', () => {
    assert.equal(render(config, peer, [part({ msgType: 'Query' })], true).msgType, 'Query')
  })

  test('cannot be made of nothing', () => {
    assert.throws(() => renderRid(config, peer, [], true), /nothing to render/)
  })
})
