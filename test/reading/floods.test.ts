import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { createReader } from '../../src/reading/reader.ts'
import { grid, peer, plan } from '../relay/journey.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { EFFORT } from '../support/effort.ts'
import { eventually } from '../support/eventually.ts'
import { FLOODS } from '../support/floods.ts'

const MIB = 1_048_576
/** Bytes, in `npm test` half a MiB: what is quadratic shows. */
const SIZE = (MIB / 8) * Math.min(4, EFFORT)
// twenty times what the slowest takes on a quiet machine: what was quadratic took minutes
const reader = createReader({ threads: 2, deadlineMs: 10_000 })
after(() => reader[Symbol.asyncDispose]())

for (const [name, make] of Object.entries(FLOODS)) {
  test(`${SIZE / 1024} KiB of ${name} are read in time, and in memory`, async () => {
    // as at the door: what is not valid is tried with repairs
    const inspection = await reader.inspect(Buffer.from(make(SIZE)), { lenient: false })
    assert.equal(inspection.valid, inspection.errors.length === 0)
    assert.ok(inspection.errors.length <= 20 && inspection.warnings.length <= 20)
    for (const { message } of [...inspection.errors, ...inspection.warnings])
      assert.ok(message.length <= 600, message.slice(0, 900))
    // all publications of what is valid, too: this is done in the main thread
    const began = process.cpuUsage()
    if (inspection.document !== null && inspection.item === null) plan(inspection, grid({}, 250_000), peer())
    const { user } = process.cpuUsage(began)
    assert.ok(user < 2_000_000, `${user} µs`)
  })
}

test('a flood of four times the size takes no more than some ten times as long', async () => {
  // what must hold is that nothing is quadratic; the garbage collector needs some room
  const time = async (text: string) => {
    const began = process.cpuUsage()
    await reader.inspect(Buffer.from(text))
    return process.cpuUsage(began).user / 1000
  }
  for (const name of ['attribute namespaces', 'very many Incidents', 'many identifiers', 'an original']) {
    const make = FLOODS[name]
    assert.ok(make)
    await time(make(SIZE / 2))
    const small = Math.max(20, await time(make(SIZE / 2)))
    const large = await time(make(SIZE * 2))
    assert.ok(large < small * 12 + 500, `${name}: ${small} ms, then ${large} ms`)
  }
})

test('a MiB of text broken up by comments, instructions or CDATA takes no reader longer than a second', async () => {
  await reader.inspect(Buffer.from(documentText()))
  for (const name of Object.keys(FLOODS).filter((flood) =>
    / in a leaf|that ends in comments|in an identifier/.test(flood),
  )) {
    const text = FLOODS[name]?.(MIB) ?? ''
    const began = process.cpuUsage()
    await reader.inspect(Buffer.from(text))
    const ms = process.cpuUsage(began).user / 1000
    assert.ok(ms < 2_500, `${name}: ${ms} ms`)
  }
})

test('some thousand comments in a text of its length are no matter', async () => {
  const text = `${'word '.repeat(20)}<!-- a -->`.repeat(2_000)
  const { valid } = await reader.inspect(
    Buffer.from(documentText([incidentText({ content: `<EventData><Description>${text}</Description></EventData>` })])),
  )
  assert.equal(valid, true)
})

test('the main thread goes on while readers are flooded, and small documents pass', async () => {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const flood = Buffer.from(FLOODS['a million empty elements']?.(SIZE * 2) ?? '')
  const floods = [1, 2, 3].map(() => reader.inspect(flood))
  let passed = 0
  const small = Array.from({ length: 20 }, () => reader.inspect(Buffer.from(documentText())).then(() => (passed += 1)))
  await Promise.all(small)
  await Promise.all(floods)
  delay.disable()
  assert.equal(passed, 20)
  assert.ok(delay.max < 3e9, `${delay.max / 1e6} ms without a turn`)
})

test('a document over the deadline is its own fault, and the next one is read', async () => {
  await using hasty = createReader({ threads: 1, deadlineMs: 30 })
  const flood = Buffer.from(FLOODS['a million empty elements']?.(8 * MIB) ?? '')
  await assert.rejects(
    hasty.inspect(flood),
    (e) => e instanceof GatewayError && e.code === 'intake-timeout' && e.permanence === 'permanent',
  )
  // on a busy machine even a small one may need more than one try
  const next = () => hasty.inspect(Buffer.from(documentText())).catch(() => undefined)
  await eventually('the next one to be read', async () => (await next())?.valid === true)
})

test('a document of a million elements is refused before it fills the memory of its reader', async () => {
  for (const name of [
    'a million empty elements',
    'a signed document that takes its prefixes from around it',
    '100,000 attributes',
  ]) {
    const { valid, errors } = await reader.inspect(Buffer.from(FLOODS[name]?.(4 * MIB) ?? ''))
    assert.equal(valid, false, name)
    assert.match(errors[0]?.message ?? '', /more than \d+ elements and attributes/)
  }
})

test('attributes and texts over the limits of the parser are errors, not faults', async () => {
  const roomy = createReader({ threads: 1, deadlineMs: 60_000 })
  await using _ = roomy
  const attribute = await roomy.inspect(Buffer.from(documentText([], ` format-id="${'x'.repeat(11_000_000)}"`)))
  assert.equal(attribute.valid, false)
  const large = await roomy.inspect(Buffer.from(documentText(undefined, ` format-id="${'x'.repeat(9_000_000)}"`)))
  assert.equal(large.valid, true)
})
