import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection } from '../../src/reading/inspection.ts'
import { grid } from '../relay/journey.ts'
import { XEP_0268 } from '../support/xep-0268.ts'
import { openBench } from './bench.ts'

const SOC = {
  jid: 'soc@grid.example',
  accept: ['inquiry', 'request', 'report'],
  query: ['incident'],
  iodef: 2,
} as const

async function open(lenient: boolean) {
  const config = grid()
  const participants = [{ ...SOC, restrictions: ['public'] as const, lenient }]
  const t = await openBench({ ...config, grid: { ...config.grid, participants } as never })
  const reports: Inspection[] = []
  const door = t.side.participants({
    async report(_participant, inspection) {
      reports.push(inspection)
      return { kind: 'result' }
    },
    draining: () => false,
  })
  const says = async (element: keyof typeof XEP_0268) => {
    const type = element === 'inquiry' || element === 'request' ? 'get' : 'set'
    const xml = XEP_0268[element]
    const reply = await door.iq({ from: 'soc@grid.example/tool', who: 'soc@grid.example', type, element, xml })
    return reply.kind === 'error' ? reply.condition : reply.kind
  }
  return { ...t, says, reports, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
}

test('the elements of XEP-0268 are taken from a participant with lenient', async () => {
  await using t = await open(true)
  assert.equal(await t.says('report'), 'result')
  assert.deepEqual(t.reports[0]?.repairs, ['lang', 'ext-value', 'type', 'dtype', 'nodes', 'order'])
  // nothing is known of it; nobody would be asked; nobody asked for it
  assert.equal(await t.says('inquiry'), 'item-not-found')
  assert.equal(await t.says('request'), 'forbidden')
  assert.equal(await t.says('response'), 'unexpected-request')
})

test('and refused without it, as what is not valid; an inquiry need say no more than what it asks for', async () => {
  await using t = await open(false)
  assert.equal(await t.says('inquiry'), 'item-not-found')
  for (const element of ['report', 'request', 'response'] as const) {
    assert.equal(await t.says(element), 'bad-request', element)
  }
  assert.deepEqual(t.reports, [])
})
