import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scan } from '../../src/xml/parse-tree.ts'
import { type Chance, runs, withChance } from '../support/arbitraries.ts'
import { ridText } from '../support/documents.ts'
import { EFFORT } from '../support/effort.ts'
import { iodefDocument } from '../support/iodef-arbitrary.ts'
import { respell } from '../support/respell.ts'
import { descendants } from '../support/trees.ts'
import { consume, grid, plan, published, sent, valid } from './journey.ts'

const NOISE = { noise: true, damage: false }
const BROKER = { noise: false, damage: true }

interface Journey {
  readonly posted: string
  /** what the Broker gives back for an item */
  readonly broker: (xml: string) => string
  readonly shuffle: (items: readonly string[]) => readonly string[]
}

const journey = withChance((c): Journey => {
  const { text } = iodefDocument(c)
  const posted = respell(c, scan(c.once(2) ? ridText(text) : text), NOISE)
  return { posted, broker: (xml) => respell(c, scan(xml), BROKER), shuffle: (items) => shuffled(c, items) }
})

function shuffled(c: Chance, items: readonly string[]): readonly string[] {
  const left = [...items]
  return items.map(() => left.splice(c.int(left.length - 1), 1)[0] ?? '')
}

/** Is it one that Brokers take? The others are denied. */
function travels(before: ReturnType<typeof valid>): boolean {
  if (before.document.obstacle === null) return true
  const made = plan(before)
  assert.equal(made.kind === 'denied' && made.code, 'cannot-carry')
  return false
}

test('what is posted comes back, through any Broker', async () => {
  let kept = 0
  await fc.assert(
    fc.asyncProperty(journey, async ({ posted, broker, shuffle }) => {
      const before = valid(posted)
      if (!travels(before)) return
      kept += 1
      const items = published(before)
      const back = shuffle(items.map(({ item }) => broker(item.xml))).map(consume)
      // told apart by id and variant, or they would go back to where they came from
      assert.deepEqual(
        back.map((b) => `${b.item} ${b.variant}`).sort(),
        items.map(({ item, variant }) => `${item.id} ${variant}`).sort(),
      )
      const after = valid(await sent(back))
      assert.equal(after.document.xml, before.document.xml)
      assert.equal(after.document.digest, before.document.digest)
      assert.deepEqual(after.document.needed, before.document.needed)
    }),
    runs(50),
  )
  assert.ok(kept > 15 * EFFORT, `${kept} documents could travel`)
})

test('what is posted comes back from a Topic of payload iodef, where it may go there', async () => {
  const config = grid({ payload: 'iodef' })
  let kept = 0
  await fc.assert(
    fc.asyncProperty(journey, async ({ posted, broker }) => {
      const before = valid(posted)
      if (plan(before, config).kind !== 'publish') return
      kept += 1
      const items = published(before, config)
      const back = items.map(({ item }) => consume(broker(item.xml)))
      assert.deepEqual(
        back.map((b) => b.item),
        items.map(({ item }) => item.id),
      )
      assert.equal(valid(await sent(back)).document.xml, before.document.xml)
    }),
    runs(40),
  )
  assert.ok(kept > 3 * EFFORT, `${kept} documents could go there`)
})

const SIGNATURE =
  '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo><CanonicalizationMethod Algorithm="urn:c"/>' +
  '<SignatureMethod Algorithm="urn:s"/><Reference URI=""><DigestMethod Algorithm="urn:d"/><DigestValue>YQ==</DigestValue>' +
  '</Reference></SignedInfo><SignatureValue>YQ==</SignatureValue></Signature>'

const signed = withChance((c): Journey => {
  const { text } = iodefDocument(c)
  const own = text.replace(
    '</IODEF-Document>',
    `<AdditionalData dtype="xml">${SIGNATURE}</AdditionalData></IODEF-Document>`,
  )
  const posted = respell(c, scan(c.once(2) ? own : ridText(own)), NOISE)
  return { posted, broker: (xml) => respell(c, scan(xml), BROKER), shuffle: (items) => shuffled(c, items) }
})

test('a signed document comes back character for character, but for declarations that stood around it', async () => {
  await fc.assert(
    fc.asyncProperty(signed, async ({ posted, broker, shuffle }) => {
      const before = valid(posted)
      if (!travels(before)) return
      assert.equal(before.document.original?.reason, 'signature')
      const back = shuffle(published(before).map(({ item }) => broker(item.xml))).map(consume)
      assert.deepEqual(
        back.map((b) => `${b.item} ${b.variant}`).sort(),
        published(before)
          .map(({ item, variant }) => `${item.id} ${variant}`)
          .sort(),
      )
      const message = await sent(back)
      const source = documentIn(posted)
      const got = documentIn(message)
      const name = source.search(/[ \t\r\n/>]/)
      assert.ok(got.startsWith(source.slice(0, name)) && got.endsWith(source.slice(name)), got)
      assert.match(got.slice(name, got.length - source.length + name), /^( xmlns(:[^=\s]+)?="[^"]*")*$/)
      assert.equal(valid(message).document.digest, before.document.digest)
    }),
    runs(20),
  )
})

function documentIn(text: string): string {
  const element = descendants(scan(text)).find((e) => e.local === 'IODEF-Document')
  return element === undefined ? '' : text.slice(element.start, element.end)
}
