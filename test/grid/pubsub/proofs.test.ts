import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Proofs } from '../../../src/grid/pubsub/proofs.ts'

const OURS = '<a xmlns="urn:x" b="1"></a>'
const SHOWN = "<a b='1' xmlns='urn:x'/>"

test('an item that the Broker shows and never answers is proved, however it writes it', async () => {
  const proofs = new Proofs()
  const proved = Promise.withResolvers<void>()
  proofs.expect('t', 'i', OURS, proved.resolve)
  proofs.seen('t', 'i', () => SHOWN)
  // the timer holds up nobody's end
  const alive = setInterval(() => {}, 1_000)
  await proved.promise
  clearInterval(alive)
  assert.ok(proofs.take('t', 'i', OURS))
  assert.ok(!proofs.take('t', 'i', OURS), 'it is asked once')
})

test('one that was given up is looked for among what was shown when it is to be sent again', () => {
  const proofs = new Proofs()
  proofs.expect('t', 'i', OURS, () => {})
  proofs.seen('t', 'i', () => SHOWN)
  assert.ok(proofs.take('t', 'i', OURS))
})

test("another's item under its id proves nothing", () => {
  const proofs = new Proofs()
  let proved = 0
  proofs.expect('t', 'i', OURS, () => (proved += 1))
  proofs.seen('t', 'i', () => SHOWN.replace('1', '2'))
  assert.ok(!proofs.take('t', 'i', OURS))
  assert.equal(proved, 0)
  proofs.seen('t', 'i', () => SHOWN)
  assert.ok(proofs.take('t', 'i', OURS), 'ours may come behind it')
})

test('a result that comes late is proof, and after an answer nothing is', () => {
  const proofs = new Proofs()
  proofs.expect('t', 'i', OURS, () => {})
  proofs.late('t', 'i', OURS)
  assert.ok(proofs.take('t', 'i', OURS))
  proofs.expect('t', 'j', OURS, () => assert.fail('it was answered'))
  proofs.settle('t', 'j')
  proofs.seen('t', 'j', () => SHOWN)
  assert.ok(!proofs.take('t', 'j', OURS))
})

test('a result that comes late for an older text proves nothing about a newer one with the same id', () => {
  const proofs = new Proofs()
  const newer = OURS.replace('1', '2')
  proofs.expect('t', 'i', OURS, () => {})
  proofs.expect('t', 'i', newer, () => assert.fail('only the older one was published'))
  proofs.late('t', 'i', OURS)
  assert.ok(!proofs.take('t', 'i', newer))
})
