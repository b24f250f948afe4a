import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import type { PeerConfig, TopicConfig } from '../../src/config/types.ts'
import { createReader } from '../../src/reading/reader.ts'
import { planItems } from '../../src/relay/plan-items.ts'
import { canonical } from '../../src/xml/libxml.ts'
import { blocks, page } from './markdown.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const examples = blocks(page('docs/grid-profile.md'))

function example(mark: string): string {
  const block = examples.find((one) => one.mark === `example:${mark}`)
  assert.ok(block, `there is an example marked ${mark}`)
  return block.body
}

/** Without the line breaks and indents that the page adds for reading. */
function unbroken(text: string): string {
  return text.replace(/\n */g, '')
}

test('the example of docs/grid-profile.md is what the gateway publishes', async () => {
  const hashed = unbroken(example('hashed'))
  const id = example('id').trim()
  assert.equal(createHash('sha256').update(hashed, 'utf8').digest('hex'), id)
  assert.equal(canonical(hashed), hashed, 'the normal form is its own exclusive canonical form')

  const { valid, document, rid } = await reader.inspect(Buffer.from(example('rid')))
  assert.ok(valid && document !== null)
  const topic: TopicConfig = {
    name: 'incident',
    payload: 'xep-0268',
    create: false,
    access: 'whitelist',
    members: [],
    restrictions: ['partner'],
  }
  const config = { routes: [{ match: {}, topic: 'incident' }], grid: { maxItem: 250_000, topics: [topic] } }
  const peer = { name: 'csirt-a', publish: ['incident'] } as unknown as PeerConfig
  const plan = planItems(config as unknown as Parameters<typeof planItems>[0], peer, 'Report', document, rid)
  assert.equal(plan.kind, 'publish')
  const item = plan.kind === 'publish' ? plan.publications[0]?.item : undefined
  assert.equal(item?.id, id)
  assert.equal(
    item?.xml,
    hashed.replace('</report>', () => `${unbroken(example('context'))}</report>`),
  )
})

test('the ids that docs/grid-profile.md shortens are those of the fixture', async () => {
  const shortened = [...page('docs/grid-profile.md').matchAll(/\b([0-9a-f]{8})\.\.\./g)].map((match) => match[1])
  assert.equal(shortened.length, 3)
  const { document } = await reader.inspect(Buffer.from(page('fixtures/valid/three-incidents.xml')))
  const ids = (document?.incidents ?? []).map(({ xml }) =>
    createHash('sha256').update(`<report xmlns="urn:xmpp:incident:2">${xml}</report>`).digest('hex').slice(0, 8),
  )
  assert.deepEqual(shortened, ids)
})
