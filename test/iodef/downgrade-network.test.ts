import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { behindContact } from './downgraded.ts'

/** A System of a Flow. */
function system(content: string, attributes = '') {
  const { shown, losses } = behindContact(
    `<EventData><Flow><System${attributes}>${content}</System></Flow></EventData>`,
  )
  return [/<Flow>(.*)<\/Flow>/.exec(shown)?.[1] ?? shown, losses] as const
}

function node(content: string) {
  const [shown, losses] = system(`<Node>${content}</Node>`)
  return [/<Node>(.*)<\/Node>/.exec(shown)?.[1] ?? '', losses] as const
}

test('a System keeps what IODEF 1 knows of it, with the roles in its Node', () => {
  const content =
    '<Node><Address category="asn">1</Address><Counter type="counter" unit="host">2</Counter></Node>' +
    '<NodeRole category="camera"/><NodeRole category="www"><Description xml:lang="de">w</Description></NodeRole>' +
    '<AssetID>a</AssetID><Description>d</Description>'
  assert.deepEqual(
    system(
      content,
      ' category="source" spoofed="no" virtual="yes" ownership="partner" restriction="green" observable-id="o"',
    ),
    [
      '<System category="source" spoofed="no" restriction="need-to-know"><Node><Address category="asn">1</Address>' +
        '<NodeRole category="ext-value" ext-category="camera"/><NodeRole category="www" lang="de">w</NodeRole>' +
        '<Counter type="host">2</Counter></Node><Description>d</Description></System>',
      { 'System/@virtual': 1, 'System/@ownership': 1, 'System/@observable-id': 1, AssetID: 1 },
    ],
  )
})

describe('a Node', () => {
  test('has the name of a DomainData and the first time that one was looked at', () => {
    const data = (name: string, attributes = '') =>
      `<DomainData${attributes}><Name>${name}</Name><DateDomainWasChecked>2015-05-05T05:05:05Z</DateDomainWasChecked></DomainData>`
    assert.deepEqual(node(`${data('a', ' system-status="unknown"')}${data('b', ' domain-status="revoked"')}`), [
      '<NodeName>a</NodeName><NodeName>b</NodeName><DateTime>2015-05-05T05:05:05Z</DateTime>',
      { 'DomainData/@domain-status': 1, DateDomainWasChecked: 1 },
    ])
  })

  test('has one Location and no PostalAddress', () => {
    const content =
      '<Address category="mac">a</Address><PostalAddress><PAddress>p</PAddress></PostalAddress><Location>l</Location><Location>m</Location>'
    assert.deepEqual(node(content), [
      '<Address category="mac">a</Address><Location>l</Location>',
      { PostalAddress: 1, Location: 1 },
    ])
  })
})

test('an Address says its category, where the defaults differ and where IODEF 1 has no word', () => {
  const address = (attributes: string) => node(`<Address${attributes}>a</Address>`)[0]
  assert.equal(address(''), '<Address category="ipv6-addr">a</Address>')
  assert.equal(address(' category="site-uri"'), '<Address category="ext-value" ext-category="site-uri">a</Address>')
  assert.equal(
    address(' category="ext-value" ext-category="ipv6-net-mask"'),
    '<Address category="ipv6-net-mask">a</Address>',
  )
  assert.equal(
    address(' category="ext-value" ext-category="x"'),
    '<Address category="ext-value" ext-category="x">a</Address>',
  )
})

describe('a Service', () => {
  const service = (content: string, attributes = ' ip-protocol="6"') => {
    const [shown, losses] = system(`<Node/><Service${attributes}>${content}</Service>`)
    return [/(<Service.*)<\/System>/.exec(shown)?.[1] ?? '', losses] as const
  }

  test('has a Port or a Portlist, and ProtoType first', () => {
    const content =
      '<ServiceName><IANAService>x</IANAService></ServiceName><Port>80</Port><Portlist>81</Portlist><ProtoCode>2</ProtoCode><ProtoType>1</ProtoType>'
    assert.deepEqual(service(content), [
      '<Service ip_protocol="6"><Port>80</Port><ProtoType>1</ProtoType><ProtoCode>2</ProtoCode></Service>',
      { ServiceName: 1, Portlist: 1 },
    ])
    assert.deepEqual(
      service('<Portlist>81</Portlist>')[0],
      '<Service ip_protocol="6"><Portlist>81</Portlist></Service>',
    )
  })

  test('without a protocol has the one that is none', () => {
    assert.deepEqual(service('', ''), ['<Service ip_protocol="255"/>', {}])
  })

  test('has the name of its Application', () => {
    const application =
      '<Application><SoftwareReference spec-name="cpe">cpe:/a</SoftwareReference><URL>http://a</URL><URL>http://b</URL>' +
      '<Description>vendor product 1.0</Description><Description>d</Description></Application>'
    assert.deepEqual(service(application), [
      '<Service ip_protocol="6"><Application name="vendor product 1.0"><URL>http://a</URL></Application></Service>',
      { SoftwareReference: 1, URL: 1, Description: 1 },
    ])
  })
})
