import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NETWORK_RULES } from '../../src/iodef/rules-network.ts'
import { breaches } from './breaches.ts'

const said = (xml: string) => breaches(NETWORK_RULES, xml)
const system = (category: string, ...lists: string[]) =>
  `<System category="${category}">${lists.map((ports) => `<Service><Portlist>${ports}</Portlist></Service>`).join('')}</System>`
const flow = (...systems: string[]) => said(`<Flow>${systems.join('')}</Flow>`)

describe('a Service', () => {
  test('that names a port or a protocol field says of which protocol', () => {
    const sentence =
      'service-ip-protocol MUST §3.20: Service names a port or protocol field, so ip-protocol must be set.'
    for (const name of ['Port', 'Portlist', 'ProtoCode', 'ProtoType', 'ProtoField'])
      assert.deepEqual(said(`<Service><${name}>1</${name}></Service>`), [sentence], name)
    assert.deepEqual(said('<Service ip-protocol=" "><Port>1</Port></Service>'), [sentence])
    assert.deepEqual(said('<Service ip-protocol="6"><Port>1</Port></Service>'), [])
    assert.deepEqual(said('<Service><ServiceName/></Service>'), [])
  })
})

describe('the ports of a Flow', () => {
  test('pair up, ranges counted by what they hold', () => {
    assert.deepEqual(flow(system('source', '5,7-9'), system('target', '1-4')), [])
    assert.deepEqual(flow(system('source', '5', '7-9'), system(' target ', '1-4')), [])
    assert.deepEqual(flow(system('source', '5,7-9'), system('target', '1-3')), [
      'flow-portlists MUST §3.20: Flow lists 4 source ports and 3 target ports; they must pair up.',
    ])
    // a range that runs backwards counts as one
    assert.deepEqual(flow(system('source', '9-7'), system('target', '1')), [])
  })

  test('belong to one source and one target', () => {
    const sentence =
      'flow-portlists MUST §3.20: Flow pairs up lists of ports, so it must have one source and one target System.'
    assert.deepEqual(flow(system('source', '1,2'), system('target', '1,2'), system('target')), [sentence])
    assert.deepEqual(flow(system('source', '1,2'), system('source'), system('target', '1,2')), [sentence])
    // one port is no list
    assert.deepEqual(flow(system('source', '1'), system('target', '1'), system('target', '2')), [])
  })

  test('are no matter where one side lists none', () => {
    assert.deepEqual(flow(system('source', '1,2'), system('target')), [])
    assert.deepEqual(flow(system('source', '1,2'), system('intermediate', '1')), [])
    assert.deepEqual(flow(), [])
  })
})

describe('name servers', () => {
  test('have addresses that are addresses', () => {
    const sentence =
      'nameserver-address MUST §3.19.1: The category of an Address in Nameservers must be ipv4-addr or ipv6-addr.'
    const servers = (...categories: string[]) =>
      said(`<Nameservers>${categories.map((attribute) => `<Address${attribute}>x</Address>`).join('')}</Nameservers>`)
    assert.deepEqual(servers('', ' category="ipv4-addr"', ' category=" ipv6-addr "'), [])
    assert.deepEqual(servers('', ' category="ipv4-net"'), [sentence])
  })
})

describe('references', () => {
  const ids = { observableIds: new Set(['o']), indicatorIds: new Set(['i']) }
  const of = (xml: string) => breaches(NETWORK_RULES, xml, ids)

  test('name the kind of thing they are for', () => {
    assert.deepEqual(of('<ObservableReference uid-ref=" o "/>'), [])
    assert.deepEqual(of('<ObservableReference uid-ref="i"/>'), [
      'observablereference-target note §3.29.6: uid-ref of ObservableReference should name an observable-id.',
    ])
    assert.deepEqual(of('<IndicatorReference uid-ref="i"/>'), [])
    assert.deepEqual(of('<IndicatorReference uid-ref="o"/>'), [
      'indicatorreference-target note §3.29.7: uid-ref of IndicatorReference should name an IndicatorID.',
    ])
  })

  test('to what is not there at all are not judged here', () => {
    for (const xml of [
      '<ObservableReference uid-ref="x"/>',
      '<ObservableReference/>',
      '<IndicatorReference uid-ref="x"/>',
    ])
      assert.deepEqual(of(xml), [], xml)
  })

  test('to an indicator are one of two kinds', () => {
    const sentence = 'indicatorreference-unset MUST §3.29.7: IndicatorReference needs uid-ref or euid-ref.'
    for (const xml of ['<IndicatorReference/>', '<IndicatorReference euid-ref=" "/>'])
      assert.deepEqual(of(xml), [sentence])
    assert.deepEqual(of('<IndicatorReference euid-ref="x"/>'), [])
  })
})
