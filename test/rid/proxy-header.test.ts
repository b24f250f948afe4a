import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clientAddress, MOST, PREAMBLE, readPreamble } from '../../src/rid/proxy-header.ts'
import { proxyHeader } from '../support/proxy-header.ts'

/** What both steps make of a whole header. */
function read(header: Buffer) {
  const preamble = readPreamble(header.subarray(0, PREAMBLE))
  if (preamble.kind === 'fault') return preamble.fault
  const block = header.subarray(PREAMBLE, PREAMBLE + preamble.length)
  return preamble.from && clientAddress(block, preamble.from)
}

/** A header in which some bytes are others. */
function changed(bytes: Record<number, number>, header = proxyHeader({ source: '192.0.2.7' })): Buffer {
  const copy = Buffer.from(header)
  for (const [at, byte] of Object.entries(bytes)) copy[Number(at)] = byte
  return copy
}

describe('a PROXY header of version 2', () => {
  test('names the client over IPv4, over IPv6, and over IPv4 written as IPv6', () => {
    assert.equal(read(proxyHeader({ source: '192.0.2.7' })), '192.0.2.7')
    assert.equal(read(proxyHeader({ source: '0.0.0.0' })), '0.0.0.0')
    assert.equal(read(proxyHeader({ source: '2001:db8::7' })), '2001:db8::7')
    assert.equal(read(proxyHeader({ source: '::ffff:192.0.2.7' })), '::ffff:192.0.2.7')
  })

  test('may have TLVs behind the addresses, which are passed over whatever they say', () => {
    // a type, a length that goes far beyond the end, and nonsense
    for (const tlvs of [Buffer.from([0x04, 0, 1, 9]), Buffer.from([0xee, 0xff, 0xff]), Buffer.alloc(MOST - 12, 0xaa)])
      assert.equal(read(proxyHeader({ source: '192.0.2.7', tlvs })), '192.0.2.7')
  })

  test("of the proxy's own connection names nobody, whatever family and addresses it has", () => {
    assert.equal(read(proxyHeader({ command: 'LOCAL' })), undefined)
    assert.equal(read(changed({ 12: 0x20 })), undefined)
    for (const family of [0x00, 0x12, 0x31, 0xff]) assert.equal(read(changed({ 12: 0x20, 13: family })), undefined)
  })

  test('is no header with any byte of the signature changed, as a ClientHello or version 1 has it', () => {
    for (let at = 0; at < 12; at += 1) assert.equal(read(changed({ [at]: 0x16 })), 'signature', `byte ${at}`)
    assert.equal(read(Buffer.from('PROXY TCP4 192.0.2.7 192.0.2.1 5 6\r\n')), 'signature')
    assert.equal(read(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 1, 2, 3, 4, 5])), 'signature')
    assert.equal(read(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 'signature')
  })

  test('of another version, or with another command, is not taken', () => {
    for (const version of [0x01, 0x11, 0x31, 0xf1]) assert.equal(read(changed({ 12: version })), 'version')
    for (const command of [0x22, 0x23, 0x2f]) assert.equal(read(changed({ 12: command })), 'command')
  })

  test('of a connection without an IP address, or not of TCP, is not taken', () => {
    const long = proxyHeader({ source: '192.0.2.7', tlvs: Buffer.alloc(300) })
    for (const family of [0x00, 0x10, 0x12, 0x20, 0x22, 0x31, 0x32, 0x41, 0x13, 0xff])
      assert.equal(read(changed({ 13: family }, long)), 'family', family.toString(16))
  })

  test('with a length too short for its addresses, or over what is read, is not taken', () => {
    for (const length of [0, 1, 11]) assert.equal(read(changed({ 14: 0, 15: length })), 'length')
    for (const length of [12, 35]) assert.equal(read(changed({ 13: 0x21, 14: 0, 15: length })), 'length')
    assert.equal(read(changed({ 14: MOST >> 8, 15: (MOST & 0xff) + 1 })), 'length')
    assert.equal(read(changed({ 14: 0xff, 15: 0xff })), 'length')
    assert.equal(read(changed({ 12: 0x20, 14: 0xff, 15: 0xff })), 'length', 'not of the proxy itself, either')
  })

  test('cut short is not taken', () => {
    const header = proxyHeader({ source: '192.0.2.7' })
    for (let length = 0; length < PREAMBLE; length += 1) {
      assert.deepEqual(readPreamble(header.subarray(0, length)), { kind: 'fault', fault: 'truncated' })
    }
  })
})
