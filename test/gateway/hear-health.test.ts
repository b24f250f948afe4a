import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerConfig } from '../../src/config/types.ts'
import type { News } from '../../src/events/table.ts'
import { hearHealth } from '../../src/gateway/hear-health.ts'
import type { Health } from '../../src/ops/health.ts'
import type { Tell } from '../../src/tell.ts'

const PEERS = [
  { name: 'csirt-a', identity: { dns: 'csirt-a.example' } },
  { name: 'anybody', identity: { anonymous: true } },
] as unknown as readonly PeerConfig[]

/** What is called of the health, with the first word of what it is told. */
function heard(...told: Parameters<Tell<News>>): string[] {
  const calls: string[] = []
  const note = (name: string) => (what?: unknown) => void calls.push([name, what].join(' ').trim())
  const names = ['refused', 'served', 'limited', 'letIn', 'turnedAway', 'failed'] as const
  const health = Object.fromEntries(names.map((name) => [name, note(name)])) as unknown as Health
  hearHealth(() => health, { peers: PEERS })(...told)
  return calls
}

const arrived = { direction: 'rid-to-grid', source: 'csirt-a', incidents: [], message: 'm' } as const
const answered = { request: 'r', method: 'POST', status: 503, bytes: 1, ms: 1 }

test('a refusal whose cause is no other part’s is one of the RID side, and a full queue is one of the queue', () => {
  const refused = (code: string) => heard('refused', { ...arrived, code, reason: 'Too many.' })
  assert.deepEqual(refused('intake-busy'), ['failed Too many.'])
  assert.deepEqual(refused('queue-full'), ['turnedAway csirt-a'])
  // its sender's own fault
  assert.deepEqual(refused('invalid'), [])
  assert.deepEqual(heard('accepted', { ...arrived, msgType: 'Report', deliveries: 1 }), ['letIn csirt-a'])
})

test('an answer that was late, or a fault of ours, is one of the RID side, too', () => {
  const about = { request: 'r', peer: 'csirt-a' }
  const [late = ''] = heard('rid-unanswered', { ...about, ms: 30_000 })
  assert.match(late, /^failed No answer in time/)
  for (const name of ['rid-not-taken', 'rid-failed'] as const)
    assert.match(heard(name, { ...about, err: new Error('x') }).join(), /^failed A fault of ours/)
})

test('whoever is answered is let in, if it is a peer; what is told of other things says nothing', () => {
  assert.deepEqual(heard('rid-request', { ...answered, peer: 'csirt-a' }), ['served'])
  assert.deepEqual(heard('rid-request', { ...answered, peer: undefined }), [])
  assert.deepEqual(heard('serving', { rid: 1, ops: 2, peers: 1, topics: 1 }), [])
})

test('one anonymous request does not hide that the certificates of all peers are refused', () => {
  assert.deepEqual(heard('rid-request', { ...answered, peer: 'anybody' }), [])
})
