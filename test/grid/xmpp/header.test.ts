import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { xml } from '@xmpp/client'
import { featureFlaw, originFlaw, streamFlaw } from '../../../src/grid/xmpp/header.ts'

const header = (attributes: Record<string, string>) =>
  xml('stream:stream', { 'xmlns:stream': 'http://etherx.jabber.org/streams', ...attributes })

describe('the header of a stream', () => {
  test('has a version that is understood', () => {
    for (const version of ['1.0', '1.9']) assert.equal(streamFlaw(header({ version })), undefined)
    for (const version of ['0.9', '2.0', '1', '']) {
      assert.equal(streamFlaw(header({ version }))?.fields.answer, 'unsupported-version')
    }
    assert.equal(streamFlaw(xml('html'))?.fields.answer, 'invalid-namespace')
  })

  test('speaks for the domain of the account, however that is written', () => {
    for (const [from, domain] of [
      ['grid.example', 'grid.example'],
      ['GRID.example', 'grid.example'],
      ['xn--grn-ioa.example', 'grün.example'],
    ]) {
      assert.equal(originFlaw(header({ from: from ?? '' }), domain ?? ''), undefined)
    }
    assert.equal(originFlaw(header({}), 'grid.example'), undefined)
    for (const from of ['', 'evil.example', 'a@grid.example', 'sub.grid.example']) {
      assert.equal(originFlaw(header({ from }), 'grid.example')?.code, 'grid-tls', from)
    }
  })

  test('is followed by features, of which none may be demanded that is not had', () => {
    const features = (child: ReturnType<typeof xml>) => xml('stream:features', {}, child)
    const demanded = (xmlns: string) => features(xml('feature', { xmlns }, xml('required')))
    assert.equal(featureFlaw(demanded('urn:ietf:params:xml:ns:xmpp-bind')), undefined)
    assert.equal(featureFlaw(features(xml('feature', { xmlns: 'urn:x' }))), undefined)
    assert.equal(featureFlaw(demanded('urn:x'))?.fields.answer, 'unsupported-feature')
  })
})
