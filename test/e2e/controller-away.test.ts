import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { iodef, ridReport } from '../support/reports.ts'
import { createSite } from '../support/site.ts'

test('what waits for a Controller that is away for longer than it may is held, and says why', async () => {
  await using site = await createSite({ delivery: { maxAge: '2s' } })
  await using _ = await site.spawn()
  await using client = await site.client('csirt-a')
  assert.equal((await client.post(ridReport(iodef({ id: 'old' })))).status, 200)
  await eventually('it to be held', async () => (await site.backlog()).held === 1, { ms: 60_000 })
  assert.match(JSON.stringify(await site.command('queue', 'list', '--json')), /gave up after 2 s.*Controller/)
})
