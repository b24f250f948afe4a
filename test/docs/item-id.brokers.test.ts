import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { itemId, xep0268Item } from '../../src/profile/item.ts'
import { createReader } from '../../src/reading/reader.ts'
import { blocks, page, ROOT } from './markdown.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

/** File to ids, by examples/item_id.py: written from the page, sharing no code with the gateway. */
function idsByPython(files: readonly string[]): Map<string, string> {
  const script = join(ROOT, 'examples/item_id.py')
  const printed = execFileSync('python3', [script, ...files], { cwd: ROOT, encoding: 'utf8' })
  return new Map(
    printed
      .trimEnd()
      .split('\n')
      .map((line) => [line.split(' ')[0] ?? '', line.split(' ').slice(1).join(' ')]),
  )
}

it('somebody else who follows docs/grid-profile.md comes to the same item ids', async () => {
  const files = ['fixtures/demo-incident.xml', ...globSync('fixtures/valid/*.xml', { cwd: ROOT })]
  const theirs = idsByPython(files)
  let compared = 0
  for (const file of files) {
    const { valid, format, document } = await reader.inspect(readFileSync(join(ROOT, file)))
    if (!valid || format !== 'IODEF 2') continue
    const ours = (document?.incidents ?? []).map(({ xml }) => xep0268Item('report', xml).id)
    assert.equal(theirs.get(file), ours.join(' '), file)
    compared += 1
  }
  assert.ok(compared > 10, `${compared} documents`)
})

it('and of an item as a Broker may write it, context and all', () => {
  const temp = mkdtempSync(join(tmpdir(), 'item-id-'))
  after(() => rmSync(temp, { recursive: true, force: true }))
  const example = (mark: string) =>
    blocks(page('docs/grid-profile.md')).find((block) => block.mark === `example:${mark}`)?.body ?? ''
  const rewritten = example('hashed')
    .replace('</report>', () => `${example('context')}</report>`)
    .replace('<Incident xmlns=', '<x:Incident xmlns:x="urn:ietf:params:xml:ns:iodef-2.0" xmlns=')
    .replace('</Incident>', '</x:Incident>')
    .replaceAll('"partner"', "'partner'")
  const file = join(temp, 'item.xml')
  writeFileSync(file, rewritten)
  const hashed = example('hashed').replace(/\n */g, '')
  assert.equal(idsByPython([file]).get(file), itemId(hashed))
})
