import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPki } from '../support/pki.ts'
import { startGridUser } from '../support/slixmpp.ts'
import { START } from '../support/start-broker.ts'
import { page } from './markdown.ts'

/** The servers' own words in the guide's chapter on the XMPP side. */
function setting(language: string): string {
  const [, chapter = ''] = page('docs/guide.md').split('\n## The XMPP side\n')
  const [, block = ''] =
    new RegExp(`\n {2}\`\`\`${language}\n(.*?)\n {2}\`\`\`\n`, 's').exec(chapter.split('\n## ')[0] ?? '') ?? []
  assert.notEqual(block, '')
  return block.replace(/^ {2}/gm, '')
}

const payload = (bytes: number) => `<a xmlns="urn:x">${'x'.repeat(bytes)}</a>`

for (const [kind, language, rate] of [
  ['prosody', 'lua', 10_000],
  ['ejabberd', 'yaml', 3_000],
] as const) {
  test(`what the guide adds to ${kind}'s configuration frees the gateway's account of the rate limit, and no other`, async () => {
    await using pki = await createPki()
    const users = { gateway: 'gateway-secret', publisher: 'publisher-secret' }
    await using broker = await START[kind]({ pki, users, stock: true, added: setting(language) })
    await using gateway = await startGridUser(broker, { user: 'gateway', password: 'gateway-secret' })
    await using publisher = await startGridUser(broker, { user: 'publisher', password: 'publisher-secret' })
    await gateway.create('incident')
    await gateway.affiliate('incident', `publisher@${broker.domain}`, 'publisher')
    const seconds = async (user: typeof gateway, bytes: number) => {
      const begun = performance.now()
      // whose item has that id may not be anybody's to overwrite
      await user.publish('incident', `item of ${bytes}`, payload(bytes))
      return (performance.now() - begun) / 1_000
    }
    const [freed, other] = await Promise.all([seconds(gateway, 200_000), seconds(publisher, 50_000)])
    assert.ok(freed < 100_000 / rate, `200 kB of the gateway took ${freed} s`)
    // a burst passes before anybody is held back
    assert.ok(other > 15_000 / rate, `50 kB of another took ${other} s`)
  })
}
