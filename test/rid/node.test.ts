import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameName, nodeOf } from '../../src/rid/node.ts'

const NODE = (content: string) => `<Node xmlns="urn:ietf:params:xml:ns:iodef-1.0">${content}</Node>`

test('a Node has the name and the address of whom a message is for', () => {
  assert.equal(
    nodeOf({ name: 'csirt-b.example', address: '192.0.2.7' }),
    NODE('<NodeName>csirt-b.example</NodeName><Address category="ipv4-addr">192.0.2.7</Address>'),
  )
  assert.equal(
    nodeOf({ name: undefined, address: '2001:db8::7' }),
    NODE('<Address category="ipv6-addr">2001:db8::7</Address>'),
  )
  assert.equal(nodeOf({ name: 'csirt-b.example', address: undefined }), NODE('<NodeName>csirt-b.example</NodeName>'))
})

test('a name is written as it is read, with U-labels and without the dot of the root', () => {
  const name = (written: string) =>
    /<NodeName>(.*)<\/NodeName>/.exec(nodeOf({ name: written, address: undefined }))?.[1]
  assert.equal(name('xn--bcher-kva.example'), 'b\u00fccher.example')
  assert.equal(name('csirt-b.example.'), 'csirt-b.example')
  assert.equal(name('a<b'), 'a&lt;b')
})

test('a name is the same in U-labels and A-labels, in any case, with the dot of the root', () => {
  assert.ok(isSameName('xn--bcher-kva.example', 'B\u00dcCHER.example.'))
  assert.ok(!isSameName('rid.example', 'rid.example.org'))
  assert.ok(!isSameName('N/A', ''))
})

test('an address is that of the other end alone', () => {
  const address = (written: string) => /<Address .*<\/Address>/.exec(nodeOf({ name: undefined, address: written }))?.[0]
  assert.equal(address('::ffff:192.0.2.7'), '<Address category="ipv4-addr">192.0.2.7</Address>')
  assert.equal(address('fe80::1%eth0'), '<Address category="ipv6-addr">fe80::1</Address>')
})
