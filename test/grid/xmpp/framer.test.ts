import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Frame, type FrameLimits, Framer, FramingError } from '../../../src/grid/xmpp/framer.ts'

const LIMITS: FrameLimits = { stanza: () => ({ size: 1_000, elements: 50 }), depth: 10, tag: 500 }
const HEADER = `<?xml version='1.0'?><stream:stream xmlns="jabber:client" xmlns:stream="s" id='a>b'>`

function frames(chunks: readonly string[], limits = LIMITS): Frame[] {
  const seen: Frame[] = []
  const framer = new Framer(limits, (frame) => seen.push(frame))
  for (const chunk of chunks) framer.write(chunk)
  return seen
}

const STANZAS = [
  '<a/>',
  '<a b="&gt;>/"/>',
  "<message from='x'><body>text &amp; more</body></message>",
  '<a><![CDATA[ <b> ]] ]]></a>',
  '<a ><b c = "d" /></a >',
  '<a><a><a/></a>日本語 𠮷</a>',
  '<iq id="1"><x y=\'"\'>]]</x></iq>',
]

describe('the framer', () => {
  test('gives stanzas as they came, whatever the chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...STANZAS), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 40 }),
        (stanzas, cuts) => {
          const text = `${HEADER}${stanzas.join(' \n')}</stream:stream>`
          const places = [...new Set([0, ...cuts.map((cut) => cut % text.length), text.length])].sort((a, b) => a - b)
          const chunks = places.slice(1).map((place, i) => text.slice(places[i], place))
          const seen = frames(chunks)
          assert.deepEqual(
            seen.filter((frame) => frame.kind === 'stanza').map((frame) => frame.text),
            stanzas,
          )
          assert.equal(seen[0]?.kind, 'open')
          assert.equal(seen.at(-1)?.kind, 'close')
        },
      ),
    )
  })

  test('skips what is over a limit and goes on behind it, one character at a time or at once', () => {
    const poison = [
      `<m id="p">${'x'.repeat(2_000)}</m>`,
      `<m id="p">${'<a/>'.repeat(60)}</m>`,
      `<m id="p">${'<a>'.repeat(12)}${'</a>'.repeat(12)}</m>`,
      `<m id="p"><a b="${'>'.repeat(600)}"/></m>`,
      `<m id="p"><!-- </m> --><a/></m>`,
      `<m id="p"><?p </m> ?></m>`,
      `<m id="p">${'<![CDATA[</m>]]>'.repeat(100)}</m>`,
    ]
    for (const stanza of poison) {
      const text = `${HEADER}<a/>${stanza}<b/>`
      for (const chunks of [[text], [...text], text.match(/.{1,7}/gs) ?? []]) {
        const seen = frames(chunks)
        assert.deepEqual(
          seen.slice(1).map((frame) => (frame.kind === 'dropped' ? frame.head : frame.kind === 'stanza' && frame.text)),
          ['<a/>', '<m id="p">', '<b/>'],
          stanza.slice(0, 60),
        )
      }
    }
  })

  test('keeps nothing of what it skips', () => {
    const framer = new Framer({ ...LIMITS, stanza: () => ({ size: 10_000, elements: 50 }) }, () => {})
    framer.write(`${HEADER}<m>`)
    const before = process.memoryUsage().heapUsed
    const chunk = 'x'.repeat(65_536)
    for (let i = 0; i < 2_000; i += 1) framer.write(chunk)
    framer.write(`<a b="`)
    for (let i = 0; i < 2_000; i += 1) framer.write(chunk)
    assert.ok(process.memoryUsage().heapUsed - before < 50_000_000)
  })

  test('lets the head decide how long a stanza may be', () => {
    const limits = {
      ...LIMITS,
      stanza: (head: string) => ({ size: head.includes('wide') ? 5_000 : 100, elements: 50 }),
    }
    const long = 'x'.repeat(1_000)
    const seen = frames([`${HEADER}<m k="wide">${long}</m><m k="slim">${long}</m>`], limits)
    assert.deepEqual(
      seen.map((frame) => frame.kind),
      ['open', 'stanza', 'dropped'],
    )
  })

  test('gives up on what is no stream', () => {
    for (const text of ['text', '<!DOCTYPE a>', `${HEADER}text<a/>`, `${HEADER}<a><!ENTITY b "c"></a>`]) {
      assert.throws(() => frames([text, '<x/>']), FramingError, text)
    }
    assert.throws(() => frames([`<a b="${'x'.repeat(1_000)}">`]), FramingError)
  })

  test('throws nothing else, whatever comes', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '"',
      "'",
      '!',
      '--',
      '[CDATA[',
      ']]>',
      '?',
      'a',
      ' ',
      '=',
      '&',
      ...STANZAS,
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        try {
          frames([HEADER, ...pieces])
        } catch (error) {
          assert.ok(error instanceof FramingError)
        }
      }),
    )
  })
})
