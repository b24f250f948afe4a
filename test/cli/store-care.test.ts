import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { openForGateway } from '../../src/store/open-store.ts'
import { untold } from '../../src/tell.ts'
import { LEAST } from '../config/example.ts'
import { iodefGateway } from './capture.ts'

describe('store', () => {
  const dir = mkdtempSync(join(tmpdir(), 'store-'))
  const at = (name: string) => join(dir, name)
  after(() => rmSync(dir, { recursive: true }))
  // no password is there: none is needed
  const command = (...args: string[]) => iodefGateway(['store', ...args, '--config', at('gateway.yaml')])

  before(() => writeFileSync(at('gateway.yaml'), LEAST.replace('file: password', 'env: NOT_SET')))

  test('says that there is none before the first start', async () => {
    for (const action of ['check', 'compact']) {
      const { code, err } = await command(action)
      assert.equal(code, 3)
      assert.match(err, /There is no store at .*gateway\.db/)
    }
  })

  test('backs up and checks beside a gateway, and restores and compacts without', async () => {
    const gateway = await openForGateway(
      { path: at('gateway.db') },
      { tell: untold, clock: systemClock, lost: () => {} },
    )
    const backup = await command('backup', at('copy.db'))
    assert.equal(backup.code, 0, backup.err)
    assert.match(backup.out, /copy\.db: \d+ bytes, sound\n$/)
    assert.equal(statSync(at('copy.db')).mode & 0o777, 0o600)
    assert.match((await command('check')).out, /gateway\.db: sound\n$/)
    for (const args of [['restore', at('copy.db')], ['compact']]) {
      const { code, err } = await command(...args)
      assert.equal(code, 3)
      assert.match(err, /Another gateway is running on this store/)
    }
    await gateway[Symbol.asyncDispose]()
    assert.match((await command('compact')).out, /gateway\.db: \d+ bytes, \d+ before\n$/)
    assert.match(
      (await command('restore', at('copy.db'))).out,
      /is now what .*copy\.db is; what was there is .*gateway\.db\.\d{8}T\d{6}Z\n$/,
    )
  })

  test('tells what is not sound with exit code 1', async () => {
    writeFileSync(at('gateway.db'), 'no database, in the place of the store'.repeat(10))
    const { code, out } = await command('check')
    assert.equal(code, 1)
    assert.match(out, /gateway\.db is not sound:\nIt is no copy of a store\.\n$/)
  })

  test('is not understood without an action, or with another', async () => {
    assert.match((await command()).err, /backup, restore, check, compact or copy\?/)
    assert.match((await command('bakcup')).err, /did you mean "backup"\?/)
    assert.match((await command('backup')).err, /FILE is missing/)
    assert.equal((await command('check', 'x')).code, 2)
  })
})
