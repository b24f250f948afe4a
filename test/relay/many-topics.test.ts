import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import { createReader } from '../../src/reading/reader.ts'
import { documentText, incidentText } from '../support/documents.ts'
import { topic } from '../support/sample-config.ts'
import { createAcceptBench } from './accept-bench.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const PURPOSES = ['reporting', 'mitigation', 'traceback', 'watch', 'other']

/** A Topic for each purpose, which every peer may publish to. */
function manyTopics(maxQueue: number): Partial<Config> {
  const topics = PURPOSES.flatMap((name) => topic(name).topics)
  return {
    grid: { ...topic('x'), maxItem: 250_000, topics },
    routes: PURPOSES.map((purpose) => ({ match: { purpose: [purpose] }, topic: purpose })),
    delivery: { maxAge: 1, concurrency: 1, maxQueue },
  }
}

const report = (id: string, purpose: string) => documentText([incidentText({ id, purpose })])

test('a peer that reports to many Topics fills two of them at most, and nobody else is answered 503', async () => {
  const names = ['csirt-a', 'csirt-b']
  await using t = await createAcceptBench(reader, names, manyTopics(5), PURPOSES)
  const answers: string[] = []
  for (let n = 0; n < 4; n++) {
    for (const purpose of PURPOSES) answers.push(await t.post('csirt-a', report(`a ${n}`, purpose)))
  }
  assert.equal(answers.filter((answer) => answer === 'Approved').length, 10)
  assert.equal(answers.filter((answer) => answer === '503').length, 10)
  for (const purpose of PURPOSES) assert.equal(await t.post('csirt-b', report('b', purpose)), 'Approved')
  assert.equal(await t.post('csirt-a', report('a 0', 'watch')), 'Approved', 'what is stored already needs no room')

  const [unit] = await t.store.claim({
    kind: 'topic',
    destination: 'other',
    limit: 1,
    now: t.clock.now(),
    leaseMs: 1000,
  })
  await t.store.settle(unit!.map(({ id }) => ({ id, to: 'delivered' })))
  assert.equal(await t.post('csirt-a', report('a 9', 'watch')), 'Approved', 'there is room again')
})

test("few large reports of one peer to a Topic that is away leave others' room, and the disk", async () => {
  await using t = await createAcceptBench(reader, ['csirt-a', 'csirt-b'], {
    delivery: { maxAge: 1, concurrency: 1, maxQueue: 10 },
  })
  const large = (id: string) => {
    const content = `<EventData><Description>${'x'.repeat(60_000)}</Description></EventData>`
    return documentText([incidentText({ id, content })])
  }
  const answers: string[] = []
  for (const id of ['1', '2', '3', '4']) answers.push(await t.post('csirt-a', large(id)))
  assert.deepEqual(answers, ['Approved', 'Approved', '503', '503'])
  assert.equal(await t.post('csirt-a', large('1')), 'Approved', 'what is stored already needs no room')
  assert.equal(await t.post('csirt-b', large('5')), 'Approved')
})
