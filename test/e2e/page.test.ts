import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { boot } from '../support/boot.ts'
import { type Chromium, startChromium } from '../support/chromium.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { element, expectedItems, iodef } from '../support/reports.ts'
import { acknowledgement, type RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser } from '../support/slixmpp.ts'

const TOKEN = 'a token that nobody guesses'

describe('an operator with nothing but a browser', () => {
  let world: World
  let site: Site
  let peer: RidPeer
  let publisher: GridUser
  let browser: Chromium
  const approved = { does: 'answer', body: acknowledgement('Approved') } as const

  before(async () => {
    world = await createWorld('prosody')
    peer = await world.ridPeer('csirt-y')
    site = await world.site({
      peers: [{ name: 'csirt-y', url: peer.url, topics: ['incident'] }],
      topics: [{ name: 'incident', create: true }],
    })
    await writeFile(join(site.dir, 'ops.token'), `${TOKEN}\n`, { mode: 0o600 })
    await site.config({ ops: { host: '127.0.0.1', port: site.opsPort, token: { file: 'ops.token' } } })
    world.use(await boot(site))
    await site.ready()
    const owner = await world.user('gateway')
    await owner.affiliate('incident', `publisher@${world.broker.domain}`, 'publisher')
    publisher = await world.user('publisher')
    browser = world.use(await startChromium({ width: 390 }))
    await browser.go(url('/sign-in'))
    await browser.type('//input[@id="token"]', TOKEN)
    await browser.click('//main//button')
    await says(/Sign out/)
  })
  after(() => world[Symbol.asyncDispose]())

  const url = (path: string) => `http://127.0.0.1:${site.opsPort}${path}`
  const says = (words: RegExp) =>
    eventually(`the page to say ${words}`, async () => {
      return words.test(await browser.read<string>('document.body.innerText').catch(() => ''))
    })
  const arrived = (id: string) => peer.requests.filter(({ body }) => body.includes(`>${id}<`)).length

  async function publish(id: string): Promise<void> {
    const [item] = expectedItems(iodef({ id }))
    await publisher.publish('incident', item?.id ?? id, element('report', { id }))
  }

  test('sees why something is held, retries it, and it arrives', async () => {
    peer.script({ does: 'answer', status: 404 }, approved)
    await publish('page-1')
    await eventually('it to be held', async () => (await site.backlog()).held === 1)
    await browser.go(url('/'))
    await says(/Needs you: reports are taken.*1 held for peer csirt-y.*404.*csirt-a\.example page-1/s)
    assert.equal(arrived('page-1'), 1)
    // that page is read anew by itself, which nothing can be clicked through
    await browser.go(url('/held'))
    await browser.click('//section//a[contains(@href, "/delivery?id=")]')
    await says(/What befell it.*held/s)
    await browser.click('//button[text()="Retry now"]')
    await eventually('it to arrive', async () => arrived('page-1') === 2)
    await browser.go(url('/trace?incident=page-1'))
    await says(/requeued.*by page 127\.0\.0\.1.*delivered.*Where it stands now.*delivered/s)
    await browser.go(url('/'))
    await says(/Sent.*peer csirt-y\s+1\s+1\s/s)
  })

  test('pauses a peer: nothing goes to it, and what waited goes once it is resumed', async () => {
    peer.script(approved)
    await browser.go(url('/destination?kind=peer&name=csirt-y'))
    await browser.click('//summary')
    await browser.click('//button[starts-with(text(), "Yes, send nothing")]')
    await says(/is paused; what is being sent now still goes/)
    await publish('page-2')
    await eventually('it to wait', async () => (await site.backlog()).pending === 1)
    await browser.go(url('/'))
    await says(/Paused by page 127\.0\.0\.1/)
    assert.equal(arrived('page-2'), 0)
    await browser.go(url('/destination?kind=peer&name=csirt-y'))
    await browser.click('//button[starts-with(text(), "Resume")]')
    await says(/is resumed: what waited goes out/)
    await eventually('it to arrive', async () => arrived('page-2') === 1)
  })
})
