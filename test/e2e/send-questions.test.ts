import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { iodefGateway } from '../cli/capture.ts'
import { boot } from '../support/boot.ts'
import { freePort } from '../support/brokers.ts'
import { incidentId, ridText } from '../support/documents.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { showOnTopic } from '../support/questions.ts'
import { iodef } from '../support/reports.ts'
import type { RidClient } from '../support/rid-client.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'

interface Told {
  readonly outcome: string
  readonly token: string | null
  readonly reply: { readonly msgType: string; readonly incidents: number; readonly body: string } | null
  readonly callbacks: readonly { readonly outcome: string; readonly msgType: string; readonly body: string }[]
}

describe('send asks questions of a gateway', () => {
  let world: World
  let site: Site
  let other: RidPeer
  let own: RidClient
  let called: RidClient
  let options: string[] = []
  let file = ''

  before(async () => {
    world = await createWorld('prosody')
    other = await world.ridPeer('csirt-b')
    const port = await freePort()
    site = await world.site({
      peers: [
        {
          name: 'csirt-a',
          accept: ['Report', 'Query', 'InvestigationRequest', 'TraceRequest'],
          publish: ['incident'],
          query: ['incident'],
          restrictions: ['public', 'partner'],
          url: `https://localhost:${port}/`,
        },
        { name: 'csirt-b', accept: ['Report'], publish: ['incident'], url: other.url },
      ],
      routes: [
        { match: { type: ['Report'] }, topic: 'incident' },
        { match: { type: ['InvestigationRequest'] }, ask: ['peer:csirt-b'] },
      ],
    })
    await site.config({ exchanges: { hold: '1s', rate: 1000 } })
    world.use(await boot(site))
    await site.ready()
    own = world.use(await site.client('csirt-a'))
    called = world.use(await site.client('csirt-b'))
    const { cert, key } = await site.certificate('csirt-a')
    const to = `https://localhost:${site.ridPort}/`
    options = ['--to', to, '--cert', cert, '--key', key, '--ca', site.ca.cert, '--listen', `127.0.0.1:${port}`]
    file = join(world.pki.dir, 'request.xml')
    await writeFile(file, iodef({ id: 'ask-on', purpose: 'other' }))
  })
  after(() => world[Symbol.asyncDispose]())

  const send = (...args: string[]) => iodefGateway(['send', ...args, ...options])
  const show = (id: string, description: string) =>
    showOnTopic(site, own, iodef({ id, description, restriction: 'partner' }))

  test('a Query is answered, or finds nothing, and the words say which', async () => {
    await show('2026-7', 'one')
    const found = await send('--type', 'Query', '--incident', 'csirt-a.example/2026-7')
    assert.equal(found.code, 0, found.err)
    assert.match(found.out, /MsgType="Report".*>2026-7<.*<IODEF-Document/)
    assert.match(found.err, /^HTTP 200, answered with a Report of one Incident\n$/)
    const nothing = await send('--type', 'Query', '--incident', 'csirt-a.example/2026-8')
    assert.equal(nothing.code, 1)
    assert.match(nothing.err, /^HTTP 200, answered with a Report that holds nothing\n$/)
  })

  test('a Query that is promised an answer waits for it, takes every callback, and answers 200', async () => {
    for (let n = 1; n <= 6; n++) await show('many', `part ${n}`)
    const args = ['--type', 'Query', '--incident', 'csirt-a.example/many', '--wait', '60s', '--json']
    const { code, out, err } = await send(...args)
    assert.equal(code, 0, err)
    const told = JSON.parse(out) as Told
    assert.equal(told.outcome, 'promised')
    assert.match(String(told.token), /^[\x21-\x7e]{1,255}$/)
    assert.deepEqual(
      told.callbacks.map(({ body }) => [...body.matchAll(/<Incident /g)].length),
      [5, 1],
    )
    await eventually('nothing to be left to send', async () => {
      const { pending, sending, held } = await site.backlog()
      return pending + sending + held === 0
    })
  })

  test('a request that is asked on prints the token without --wait, and the Result with it', async () => {
    other.script({ does: 'answer', status: 202, headers: { 'rid-callback-token': 'theirs' } })
    const promised = await send(file, '--type', 'InvestigationRequest')
    assert.equal(promised.code, 0, promised.err)
    assert.match(promised.err, /^HTTP 202, the answer comes by callback, with the token \S{43}\n$/)
    const waiting = send(file, '--type', 'InvestigationRequest', '--wait', '60s')
    await eventually('it to be asked on', () => other.requests.length > 0)
    const result = ridText(iodef({ id: 'ask-on' }).replace(/^<\?xml.*\n/, ''), {
      msgType: 'Result',
      incidentId: incidentId('ask-on', 'csirt-a.example'),
      behind: '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>',
    })
    const taken = await called.post(result, { 'rid-callback-token': 'theirs' })
    assert.equal(taken.status, 200, taken.body)
    const { code, out, err } = await waiting
    assert.equal(code, 0, err)
    assert.match(out, /MsgType="Result"/)
    assert.match(err, /by callback: answered with a Result of one Incident\n$/)
  })

  test('what is denied exits with 1, and says why', async () => {
    const { code, err } = await send(file, '--type', 'TraceRequest')
    assert.equal(code, 1)
    assert.match(err, /denied it: CannotProcess/)
  })

  test('what never comes exits with 3', async () => {
    other.script({ does: 'answer', status: 202, headers: { 'rid-callback-token': 'theirs-2' } })
    const slow = join(world.pki.dir, 'slow.xml')
    await writeFile(slow, iodef({ id: 'slow', purpose: 'other' }))
    const { code, err } = await send(slow, '--type', 'InvestigationRequest', '--wait', '3s')
    assert.equal(code, 3, err)
    assert.match(err, /nothing came in that time/)
  })
})
