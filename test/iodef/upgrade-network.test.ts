import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { address, counter, node, nodeRole, software, system } from '../../src/iodef/upgrade-network.ts'
import { asIs, v1, written } from './upgraded.ts'

describe('a System', () => {
  const said = (content: string) => written(...system(v1(`<System category="source">${content}</System>`), asIs))

  test('has the NodeRoles of its Node right behind it', () => {
    assert.equal(
      said('<Node><NodeName>a</NodeName><NodeRole category="www"/><NodeRole category="mail"/></Node><Service/><x/>'),
      '<System category="source"><Node><NodeName>a</NodeName><NodeRole category="www"/><NodeRole category="mail"/></Node><NodeRole category="www"/><NodeRole category="mail"/><Service/><x/></System>',
    )
  })

  test('keeps a DateTime that has no name to belong to, as a note before AdditionalData', () => {
    const date = '<DateTime> 2015-05-05T05:05:05Z </DateTime>'
    assert.match(
      said(`<Node><Address/>${date}</Node><Service/><AdditionalData/>`),
      /<Service\/><Description>DateTime: 2015-05-05T05:05:05Z<\/Description><AdditionalData\/><\/System>$/,
    )
    assert.doesNotMatch(said(`<Node><NodeName>a</NodeName>${date}</Node>`), /Description/)
  })

  test('may have nothing at all', () => {
    assert.equal(said(''), '<System category="source"/>')
    assert.equal(said('<Service/>'), '<System category="source"><Service/></System>')
  })
})

describe('a Node', () => {
  const said = (content: string) => written(...node(v1(`<Node>${content}</Node>`), asIs))

  test('has a DomainData for each name, with states that nobody knew and the time it was looked up', () => {
    const data = (name: string, more = '') =>
      `<DomainData system-status="unknown" domain-status="unknown"><Name>${name}</Name>${more}</DomainData>`
    const checked = '<DateDomainWasChecked>2015-05-05T05:05:05Z</DateDomainWasChecked>'
    assert.equal(
      said(
        '<NodeName>a.example</NodeName><NodeName>b.example</NodeName><Address/><DateTime>2015-05-05T05:05:05Z</DateTime>',
      ),
      `<Node>${data('a.example', checked)}${data('b.example', checked)}<Address/></Node>`,
    )
    assert.equal(said('<NodeName>a</NodeName>'), `<Node>${data('a')}</Node>`)
  })

  test('leaves its roles to the System, and keeps the rest in its place', () => {
    assert.equal(
      said('<Address/><Location>here</Location><NodeRole category="www"/><Counter/>'),
      '<Node><Address/><Location>here</Location><Counter/></Node>',
    )
  })
})

describe('an Address', () => {
  const said = (attributes: string) => written(...address(v1(`<Address${attributes}>x</Address>`)))
  test('says that it is IPv4 where it need not have', () => {
    assert.equal(said(''), '<Address category="ipv4-addr">x</Address>')
    assert.equal(said(' vlan-num="1"'), '<Address vlan-num="1" category="ipv4-addr">x</Address>')
  })

  test('keeps its category, and one that RFC 7970 has no longer by its name', () => {
    assert.equal(said(' category="asn"'), '<Address category="asn">x</Address>')
    assert.equal(
      said(' category=" ipv6-net-mask " vlan-name="v"'),
      '<Address vlan-name="v" category="ext-value" ext-category="ipv6-net-mask">x</Address>',
    )
  })
})

test('a NodeRole has its words as a Description', () => {
  assert.equal(
    written(...nodeRole(v1('<NodeRole lang="de" category="www">Netz</NodeRole>'))),
    '<NodeRole category="www"><Description xml:lang="de">Netz</Description></NodeRole>',
  )
  assert.equal(written(...nodeRole(v1('<NodeRole category="www"> </NodeRole>'))), '<NodeRole category="www"/>')
})

test('a Counter counts, or is a rate where it has a duration', () => {
  assert.equal(
    written(...counter(v1('<Counter type="host">7</Counter>'))),
    '<Counter unit="host" type="counter">7</Counter>',
  )
  assert.equal(
    written(...counter(v1('<Counter type="ext-value" ext-type="x" duration="second">7</Counter>'))),
    '<Counter unit="ext-value" ext-unit="x" duration="second" type="rate">7</Counter>',
  )
})

describe('software', () => {
  const said = (attributes: string, content = '') =>
    written(...software(v1(`<Application ${attributes}>${content}</Application>`), asIs))

  test('is described by the words it had as attributes, in their order, behind what is in it', () => {
    assert.equal(
      said('version="2.1" vendor="V" name=" " patch="p3"', '<URL>u</URL>'),
      '<Application><URL>u</URL><Description>V 2.1 p3</Description></Application>',
    )
    assert.equal(said('', '<URL>u</URL>'), '<Application><URL>u</URL></Application>')
  })

  test('has its identifiers as notes, but for those that say none', () => {
    assert.equal(said('swid="7" configid="0"'), '<Application><Description>swid: 7</Description></Application>')
    assert.equal(said('swid=" 0 " configid="c"'), '<Application><Description>configid: c</Description></Application>')
  })
})
