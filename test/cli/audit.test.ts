import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openAuditLog } from '../../src/audit/audit-log.ts'
import { LEAST } from '../config/example.ts'
import { iodefGateway } from './capture.ts'

const HOUR = 3_600_000

/** A log of three entries, an hour apart; the last is now. */
async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'))
  const path = join(folder, 'audit.jsonl')
  let now = Date.now() - 2 * HOUR
  {
    const told = () => undefined
    await using log = openAuditLog({ path, size: 1e6, keep: 1, now: () => now, state: told, found: told })
    for (const who of ['peer:csirt-a', 'operator:alice']) {
      log.add({ who, what: who.startsWith('peer') ? 'denied' : 'discarded', delivery: 'D\u001b[31m' })
      now += HOUR
    }
  }
  return {
    path,
    text: () => readFileSync(path, 'utf8'),
    write: (text: string) => writeFileSync(path, text),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

describe('iodef-gateway audit verify', () => {
  test('ends with 0 where the chain is whole, and says its last hash', async () => {
    using t = await setup()
    const { code, out } = await iodefGateway(['audit', 'verify', t.path])
    assert.equal(code, 0)
    const hash = /^whole: 3 entries in 1 file, the last is 3 with hash ([0-9a-f]{64})\n$/.exec(out)?.[1] ?? ''
    assert.equal((await iodefGateway(['audit', 'verify', t.path, '--expect', hash])).code, 0)
    const cut = await iodefGateway(['audit', 'verify', t.path, '--expect', 'ab'.repeat(32)])
    assert.deepEqual([cut.code, /the end was cut off/.test(cut.err)], [1, true])
  })

  test('ends with 1 where an entry was changed, with its line and why', async () => {
    using t = await setup()
    t.write(t.text().replace('csirt-a', 'csirt-b'))
    const { code, err } = await iodefGateway(['audit', 'verify', t.path])
    assert.equal(code, 1)
    assert.match(err, /audit\.jsonl: broken at line 3: it does not fit what stands before it/)
    const asJson = JSON.parse((await iodefGateway(['audit', 'verify', t.path, '--json'])).out)
    assert.deepEqual([asJson.whole, asJson.broken.line], [false, 3])
  })

  test('names a line that was cut short, and ends with 0', async () => {
    using t = await setup()
    t.write(t.text().slice(0, -9))
    const { code, out } = await iodefGateway(['audit', 'verify', t.path])
    assert.equal(code, 0)
    assert.match(out, /line 3 was not written to its end\nwhole: 2 entries/)
  })

  test('ends with 3 where there is no such file', async () => {
    using t = await setup()
    assert.equal((await iodefGateway(['audit', 'verify', `${t.path}.none`])).code, 3)
  })
})

describe('iodef-gateway audit list', () => {
  test('prints what is asked for, and nothing that a terminal obeys', async () => {
    using t = await setup()
    const config = configBeside(t.path)
    const list = (...more: string[]) => iodefGateway(['audit', 'list', '--config', config, ...more])
    assert.equal((await list()).out.trimEnd().split('\n').length, 3)
    assert.match((await list('--who', 'operator')).out, /^3 {2}\S+ {2}operator:alice {2}discarded {2}delivery=/)
    assert.match((await list('--what', 'denied,refused')).out, /^2 {2}\S+ {2}peer:csirt-a {2}denied/)
    assert.match((await list('--since', '90m')).out, /^3 {2}/)
    assert.ok(!(await list()).out.includes('\u001b'))
    assert.equal(JSON.parse((await list('--who', 'operator', '--json')).out).seq, 3)
    assert.equal((await list('--since', 'lately')).code, 2)
  })
})

function configBeside(path: string): string {
  const file = join(path, '..', 'gateway.yaml')
  writeFileSync(file, `${LEAST}audit: { path: audit.jsonl }\n`)
  return file
}
