import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Line } from '../../src/audit/chain.ts'
import { boot } from '../support/boot.ts'
import { eventually } from '../support/eventually.ts'
import { iodef, ridReport } from '../support/reports.ts'
import { createSite, type Site } from '../support/site.ts'

function message(id: string, description = 'x'): string {
  return ridReport(iodef({ id, description }))
}

async function listed(site: Site, ...more: string[]): Promise<Line[]> {
  const text = await site.command('audit', 'list', '--json', ...more)
  return text
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

const AUDIT = { audit: { path: './audit/audit.jsonl' } }

test('what a peer sent and an operator did, also while no gateway ran, is in the audit log, whole and without what documents say', async () => {
  await using site = await createSite()
  await site.config(AUDIT)
  const peer = await site.client('csirt-a')
  const secret = 'The words of the report itself'
  {
    await using _gateway = await boot(site)
    assert.equal((await peer.post(message('2026-1', secret))).status, 200)
    assert.equal((await peer.post(message('2026-2', secret))).status, 200)
    assert.equal((await peer.post('<no/>')).status, 400)
    const stranger = await site.client('nobody')
    for (let i = 0; i < 3; i += 1) assert.equal((await stranger.post('<a/>')).status, 403)
    const [one] = JSON.parse(await site.command('queue', 'list', '--json')) as { id: string }[]
    await site.command('queue', 'discard', one?.id ?? '')
    await eventually('the deed to be in the log', async () => (await listed(site, '--what', 'discarded')).length === 1)
  }
  const rest = JSON.parse(await site.command('queue', 'list', '--json', '--state', 'pending')) as { id: string }[]
  assert.equal(rest.length, 1)
  await site.command('queue', 'discard', rest[0]?.id ?? '')
  {
    await using _gateway = await boot(site)
    await eventually(
      'the deed of before to be there',
      async () => (await listed(site, '--what', 'discarded')).length === 2,
    )
  }
  const all = await listed(site)
  const count = (what: string) => all.filter((entry) => entry.what === what).length
  assert.deepEqual(
    ['log-begun', 'serving', 'stopped', 'configuration', 'accepted', 'refused', 'discarded'].map(count),
    [1, 2, 2, 2, 2, 1, 2],
  )
  assert.ok(all.filter(({ what }) => what === 'accepted').every(({ who }) => who === 'peer:csirt-a'))
  assert.ok(all.filter(({ what }) => what === 'discarded').every(({ who }) => who.startsWith('operator:')))
  const strangers = all.filter(({ what }) => what === 'rid-request')
  assert.deepEqual(
    strangers.map(({ more }) => more),
    [undefined, 2],
    'what strangers cause is told once, and how many more',
  )
  assert.ok(!JSON.stringify(all).includes('The words'))
  assert.match(
    await site.command('audit', 'verify'),
    /^whole: \d+ entries in 1 file, the last is \d+ with hash [0-9a-f]{64}\n$/,
  )
})

test('an audit log that cannot be written stops no report, shows in its part, and has all of it afterwards', async () => {
  await using site = await createSite()
  await site.config(AUDIT)
  await using _gateway = await boot(site)
  const folder = join(site.dir, 'audit')
  await rm(folder, { recursive: true })
  await writeFile(folder, 'no folder')
  const peer = await site.client('csirt-a')
  assert.equal((await peer.post(message('2026-1'))).status, 200)
  await eventually('the part to fail', async () => (await site.health()).body.parts.audit?.state === 'failed')
  assert.equal((await site.health()).status, 200)
  await rm(folder)
  await eventually('the part to work', async () => (await site.health()).body.parts.audit?.state === 'ok')
  assert.equal((await listed(site, '--what', 'accepted')).length, 1)
})

test('a gateway whose audit log cannot be opened does not start', async () => {
  await using site = await createSite()
  await site.config(AUDIT)
  await writeFile(join(site.dir, 'audit'), 'no folder')
  await assert.rejects(boot(site), { code: 'audit-unavailable' })
})

test('a gateway that is killed while it writes leaves a chain that the next one goes on in', async () => {
  await using site = await createSite()
  await site.config(AUDIT)
  const peer = await site.client('csirt-a')
  for (let round = 0; round < 3; round += 1) {
    const gateway = await site.spawn()
    const posts = Array.from({ length: 30 }, (_, i) => peer.post(message(`2026-${round}-${i}`)).catch(() => undefined))
    await Promise.any(posts)
    await gateway.kill()
    await Promise.all(posts)
  }
  assert.match(await site.command('audit', 'verify'), /^whole: |\nwhole: /)
  assert.equal((await listed(site, '--what', 'serving')).length, 3)
})
