import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Element } from '@xmpp/client'
import { type DroppedStanza, describe as describeHead, StanzaParser } from '../../../src/grid/xmpp/parser.ts'

const HEAD =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='s1'>"

/** A parser, and what it told: events in their order. */
function parser(limits: { size?: number; elements?: number } = {}) {
  const told: string[] = []
  const dropped: DroppedStanza[] = []
  const stanza = () => ({ size: limits.size ?? 10_000, elements: limits.elements ?? 100 })
  const made = new StanzaParser({ stanza, depth: 10, tag: 5_000 }, (drop) => void dropped.push(drop))
  made.on('start', (root: Element) => told.push(`start ${root.attrs.id}`))
  made.on('element', (element: Element) =>
    told.push(`element ${element.name} ${element.getNS()} ${element.attrs.id ?? ''}`),
  )
  made.on('end', () => told.push('end'))
  made.on('error', (error: Error) => told.push(`error ${error.message}`))
  return { made, told, dropped }
}

describe('the parser of a stream', () => {
  test('tells of its header, each stanza and its end, however the text is cut', () => {
    const text = `${HEAD}<message id='1'><body>x</body></message> <iq id="2" type="result"/></stream:stream>`
    const expected = ['start s1', 'element message jabber:client 1', 'element iq jabber:client 2', 'end']
    for (let size = 1; size < 60; size += 7) {
      const { made, told } = parser()
      for (let at = 0; at < text.length; at += size) made.write(text.slice(at, at + size))
      assert.deepEqual(told, expected, String(size))
    }
  })

  test('skips a stanza over the limit, says whose it was, and goes on', () => {
    const { made, told, dropped } = parser({ size: 200 })
    made.write(`${HEAD}<message id='big' from='a@b'>${'x'.repeat(300)}</message><message id='next'/>`)
    assert.deepEqual(dropped, [{ reason: 'oversized', name: 'message', type: '', id: 'big', from: 'a@b' }])
    assert.deepEqual(told.slice(1), ['element message jabber:client next'])
  })

  test('skips a stanza whose names are not bound, and goes on', () => {
    const { made, told, dropped } = parser()
    made.write(`${HEAD}<message id='bad' from='a@b'><n:x/></message><message id='next'/>`)
    assert.deepEqual(dropped, [{ reason: 'malformed', name: 'message', type: '', id: 'bad', from: 'a@b' }])
    assert.deepEqual(told.slice(1), ['element message jabber:client next'])
  })

  test('builds no tree of what was taken at a glance, and tells of nothing', () => {
    const told: string[] = []
    const built: (string | undefined)[] = []
    const limits = { stanza: () => ({ size: 10_000, elements: 100 }), depth: 10, tag: 5_000 }
    const glanced = new StanzaParser(
      limits,
      ({ id }) => told.push(`dropped ${id}`),
      (text, build) => text.includes("'taken'") && built.push(build()?.attrs.id) > 0,
    )
    glanced.on('element', (element: Element) => told.push(element.attrs.id ?? ''))
    glanced.write(`${HEAD}<message id='1'/><iq id='taken'><n:x/></iq><iq id='taken'/><message id='2'><n:x/></message>`)
    assert.deepEqual(told, ['1', 'dropped 2'])
    assert.deepEqual(built, [undefined, 'taken'])
  })

  test('takes what is no stream for the end of it, once', () => {
    const { made, told } = parser()
    made.write(`${HEAD}<!DOCTYPE x>`)
    made.write('<message/>')
    assert.equal(told.length, 2)
    assert.match(told[1] ?? '', /^error /)
  })

  test('says nothing behind the end, whoever ended it', () => {
    const { made, told } = parser()
    made.write(HEAD)
    made.end()
    made.write('<message/></stream:stream>')
    assert.deepEqual(told, ['start s1'])
    const closed = parser()
    closed.made.write(`${HEAD}</stream:stream><message/>`)
    assert.deepEqual(closed.told, ['start s1', 'end'])
  })
})

test('the head of a stanza is described as far as it can be read', () => {
  assert.deepEqual(describeHead(`<iq id="1" from='a@b/c'>`), { name: 'iq', type: '', id: '1', from: 'a@b/c' })
  assert.deepEqual(describeHead('<iq>'), { name: 'iq', type: '', id: '', from: '' })
  for (const head of ['', '<iq', 'text', '<iq id="1" id="2">'])
    assert.deepEqual(describeHead(head), { name: '', type: '', id: '', from: '' }, head)
})
