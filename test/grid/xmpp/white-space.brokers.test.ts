import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { IqAnswer } from '../../../src/grid/xmpp/iq.ts'
import { StanzaWriter, whiteSpaceBehind } from '../../../src/grid/xmpp/white-space.ts'

const behind = (stanza: string) => whiteSpaceBehind(Buffer.from(stanza))

describe('how much white space must follow a stanza', () => {
  const long = 'x'.repeat(1_000)
  for (const [name, stanza, bytes] of [
    ['a tag of two bytes less', '<a/>', 2],
    ['a long tag at the end', `<a b="${long}"/>`, 1_007],
    ['the same with something behind', `<iq><a b="${long}"/></iq>`, 1_002],
    ['a long tag with as much behind', `<iq><a b="${long}"/>${long}</iq>`, 3],
    ['a long text', `<iq>${long}</iq>`, 3],
    ['a long name', `<${long}/>`, 1_001],
    ['bytes, not characters', `<a b="${'é'.repeat(500)}"/>`, 1_007],
    ['what looks like an end in either quotation mark', `<a b='>${long}' c=">'${long}"/>`, 2_015],
    ['nothing', '', 0],
    ['white space', '   ', 0],
  ] as const) {
    test(`${name}: ${bytes}`, () => assert.equal(behind(stanza), bytes))
  }

  test('never as much as its longest tag has', () => {
    fc.assert(
      fc.property(stanzas, (stanza) => {
        const tags = stanza.match(/<[^>]*>/g) ?? []
        assert.ok(behind(stanza) < Math.max(...tags.map((tag) => Buffer.byteLength(tag))))
      }),
    )
  })

  test('enough for the expat of this machine, however the stanza is cut into reads', () => {
    const cut = stanzas.chain((stanza) => {
      const at = fc.integer({ min: 0, max: Buffer.byteLength(stanza) })
      return fc.record({ stanza: fc.constant(stanza), cuts: fc.array(at, { maxLength: 6 }) })
    })
    const tries = fc.sample(cut, 2_000).map(({ stanza, cuts }) => ({ stanza, cuts, white: behind(stanza) }))
    assert.deepEqual(
      readByExpat(tries).flatMap((read, i) => (read ? [] : [tries[i]])),
      [],
    )
  })

  test('one byte less is not enough at worst, where expat puts off', (t) => {
    const stanza = `<a b="${'x'.repeat(300)}"/>`
    const before = Buffer.byteLength(stanza) - 1
    const [at, ...without] = [behind(stanza), behind(stanza) - 1, 0]
    const tries = [at, ...without].map((white) => ({ stanza, cuts: [before], white }))
    const [enough, less, none] = readByExpat(tries)
    assert.equal(enough, true)
    if (none) t.skip('the expat of this machine puts off nothing')
    else assert.equal(less, false)
  })
})

/** Elements whose tags are short and long, with text between. */
const stanzas: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc
        .record({ size: fc.oneof(fc.nat(40), fc.nat(6_000)), mark: fc.constantFrom('x', 'é', '𠮷') })
        .map(({ size, mark }) => `<a b="${mark.repeat(size)}"/>`),
      fc.nat(400).map((size) => 't'.repeat(size)),
      fc.constantFrom('&amp;', ']]', '<u/>', '<u>é</u>', '\n'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => `<iq id="i">${parts.join('')}</iq>`)

/** Was it read to its end, after this much white space? Python's expat is the system's, as Prosody's and ejabberd's. */
function readByExpat(tries: readonly { stanza: string; cuts: readonly number[]; white: number }[]): boolean[] {
  const script = `
import json, sys
from xml.parsers import expat
answers = []
for one in json.load(sys.stdin):
    depth = 0
    read = False
    def start(*_):
        global depth
        depth += 1
    def end(_):
        global depth, read
        depth -= 1
        read = read or depth == 1
    parser = expat.ParserCreate(None, " ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(b"<stream>", False)
    stanza = one["stanza"].encode()
    cuts = [0, *sorted(one["cuts"]), len(stanza)]
    for a, b in zip(cuts, cuts[1:]):
        parser.Parse(stanza[a:b], False)
    for _ in range(one["white"]):
        parser.Parse(b" ", False)
    answers.append(read)
json.dump(answers, sys.stdout)
`
  const options = { input: JSON.stringify(tries), encoding: 'utf8', maxBuffer: 64 << 20 } as const
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', script], options)) as boolean[]
}

describe('white space behind questions', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  const LONG = `<iq><a b="${'x'.repeat(20_000)}"/></iq>`
  const SHORT = '<iq/>'

  /** A line, and how much white space went over it. */
  function line({ slow = false, broken = false } = {}) {
    const state = { stanzas: 0, white: [] as number[], flush: () => {} }
    const writer = new StanzaWriter(async (bytes) => {
      const text = bytes.toString()
      if (broken) throw new Error('gone')
      if (text.trim() === '') state.white.push(text.length)
      else state.stanzas += 1
      if (slow)
        await new Promise<void>((resolve) => {
          state.flush = resolve
        })
    })
    const ask = async (stanza: string) => {
      const { promise, resolve } = Promise.withResolvers<IqAnswer>()
      const written = writer.write(stanza, promise)
      if (!slow) await written
      return (kind: 'oversized' | 'timeout' | 'away' = 'oversized') => resolve({ kind })
    }
    const pushed = () => state.white.reduce((a, b) => a + b, 0)
    return { state, writer, ask, pushed }
  }
  const pass = async (ms: number) => {
    for (let t = 0; t < ms; t += 50) {
      mock.timers.tick(50)
      await turn()
    }
  }

  test('follows one that is not answered, in steps and no more than is needed', async () => {
    const { state, ask, pushed } = line()
    await ask(LONG)
    await pass(200)
    assert.equal(pushed(), 0)
    await pass(100)
    assert.equal(pushed(), 8_192)
    await pass(10_000)
    assert.equal(pushed(), behind(LONG))
    assert.ok(state.white.every((size) => size <= 8_192))
  })

  test('does not follow one that is answered soon, and ends with the answer', async () => {
    const { ask, pushed } = line()
    const first = await ask(LONG)
    first()
    await pass(10_000)
    assert.equal(pushed(), 0)
    const second = await ask(LONG)
    await pass(300)
    second()
    await pass(10_000)
    assert.equal(pushed(), 8_192)
  })

  test('is not owed any more once the last stanza was answered', async () => {
    const { ask, pushed } = line()
    const first = await ask(LONG)
    first()
    await turn()
    await ask(SHORT)
    await pass(10_000)
    assert.equal(pushed(), behind(SHORT))
  })

  test('goes on behind a question that came to nothing, when another waits', async () => {
    for (const kind of ['timeout', 'away'] as const) {
      const { ask, pushed } = line()
      const first = await ask(LONG)
      first(kind)
      await turn()
      await ask(SHORT)
      await pass(10_000)
      assert.equal(pushed(), behind(LONG) - SHORT.length)
    }
  })

  test('counts what was sent behind', async () => {
    const { ask, pushed } = line()
    await ask(LONG)
    for (let i = 0; i < 100; i += 1) await ask(`<iq>${'t'.repeat(91)}</iq>`)
    await pass(10_000)
    assert.equal(pushed(), behind(LONG) - 10_000)
  })

  test('is not put off by questions that keep coming', async () => {
    const { ask, pushed } = line()
    await ask(LONG)
    for (let i = 0; i < 10; i += 1) {
      await pass(50)
      await ask(SHORT)
    }
    assert.ok(pushed() > 0)
  })

  test('follows a long stanza that is no question when the next question is not answered', async () => {
    const { writer, ask, pushed } = line()
    await writer.write(LONG)
    await pass(10_000)
    assert.equal(pushed(), 0)
    await ask(SHORT)
    await pass(10_000)
    assert.equal(pushed(), behind(LONG) - SHORT.length)
  })

  test('does not follow while no question is open', async () => {
    const { writer, ask, pushed } = line()
    const first = await ask(SHORT)
    await writer.write(LONG)
    first()
    await pass(10_000)
    assert.equal(pushed(), 0)
  })

  test('waits until the bytes have left', async () => {
    const { state, ask, pushed } = line({ slow: true })
    await ask(LONG)
    await pass(10_000)
    assert.equal(pushed(), 0)
    state.flush()
    await turn()
    await pass(10_000)
    assert.equal(pushed(), 8_192)
    state.flush()
    await turn()
    await pass(100)
    assert.equal(pushed(), 16_384)
  })

  test('ends with the line', async () => {
    const { writer, pushed } = line({ broken: true })
    await assert.rejects(writer.write(LONG, new Promise<IqAnswer>(() => {})), /gone/)
    await pass(10_000)
    assert.equal(pushed(), 0)
  })
})
