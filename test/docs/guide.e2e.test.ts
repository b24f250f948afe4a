import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { iodefGateway } from '../cli/capture.ts'
import { boot } from '../support/boot.ts'
import { incidentId, ridText } from '../support/documents.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { iodef } from '../support/reports.ts'
import type { Site } from '../support/site.ts'
import { blocks, page } from './markdown.ts'

/** Commands whose answer may be no here: Prosody knows no requests, `members` has whom one removes, the peer is no real one. */
const MAY_BE_NO = /^(topics (requests|members (list|remove))|probe|send .*--type Query) /

/** Those of PostgreSQL, and one that asks a person for a password, which test/cli/passwd.brokers.test.ts types. */
const ELSEWHERE = /^create(user|db) |^iodef-gateway store copy |^iodef-gateway passwd (?!.*--generate)/

/** The command lines of the guide, but for those, and what `npm run tutorial -- NAME --npm` types as root. */
const lines = [
  ...blocks(page('docs/guide.md'))
    .filter(({ language, mark }) => language === 'sh' && !mark?.startsWith('npm:'))
    .flatMap(({ body }) => body.split('\n')),
  // in the text
  ...page('docs/guide.md')
    .matchAll(/`iodef-gateway (test FOLDER [^`]+)`/g)
    .map(([, rest]) => `iodef-gateway ${rest}`),
].filter((line) => line !== '' && !ELSEWHERE.test(line))

describe('each command of the guide', () => {
  let world: World
  let site: Site
  const ids = { delivery: '', exchanges: [] as string[] }

  before(async () => {
    world = await createWorld('prosody')
    const partner = await world.ridPeer('csirt-b')
    const headers = { 'content-type': 'application/problem+json' }
    partner.script({ does: 'answer', status: 403, headers, body: '{"title":"This certificate is unknown here"}' })
    site = await world.site({
      peers: [
        {
          name: 'csirt-a',
          accept: ['Report', 'Query', 'InvestigationRequest'],
          publish: ['incident'],
          query: ['incident'],
          callback: 'plain',
          url: partner.url,
        },
        { name: 'csirt-b', publish: ['incident'], url: partner.url, topics: ['incident'] },
      ],
      topics: [{ name: 'incident', create: true, members: [`subscriber@${world.broker.domain}`] }],
      routes: [
        { match: { type: ['InvestigationRequest'] }, ask: ['held', 'peer:csirt-b'] },
        { match: { type: ['Report'] }, topic: 'incident' },
      ],
    })
    await site.config({ audit: { path: 'audit/audit.jsonl' }, exchanges: { hold: '1ms' } })
    world.use(await boot(site))
    await site.ready()
    const own = world.use(await site.client('csirt-a'))
    // the first is discarded, the other one left for what retries all
    for (const id of ['2026-1187', '2026-1188']) assert.equal((await own.post(iodef({ id }))).status, 200)
    for (const id of ['one', 'two', 'three']) {
      const text = iodef({ id }).replace(/^<\?xml.*\n/, '')
      const asked = ridText(text, { msgType: 'InvestigationRequest', incidentId: incidentId(id, 'csirt-a.example') })
      assert.equal((await own.post(asked)).status, 200)
    }
    await eventually('the partner to refuse both', async () => {
      const held = JSON.parse((await run('queue list --state held --json')).out) as { id: string; reason: string }[]
      ids.delivery = held[0]?.id ?? ''
      return held.length === 2
    })
    ids.exchanges = (JSON.parse((await run('exchanges list --json')).out) as { id: string }[]).map(({ id }) => id)
    assert.equal(ids.exchanges.length, 3)
    writeFileSync(join(site.dir, 'report.xml'), iodef({ id: '2026-9' }))
    writeFileSync(join(site.dir, 'criteria.xml'), iodef({ id: 'x' }).replace('>x<', '><'))
    mkdirSync(join(site.dir, 'FOLDER'))
    writeFileSync(join(site.dir, 'FOLDER/a.xml'), iodef({ id: '2026-9' }))
    writeFileSync(join(site.dir, 'FOLDER/a.expect.yaml'), 'csirt-a: { answer: approved, topics: [incident] }\n')
  })
  after(() => world[Symbol.asyncDispose]())

  /** Without the shell: words, quoted or not. */
  function run(line: string) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
    return iodefGateway(words, { IODEF_GATEWAY_CONFIG: site.configFile })
  }

  /** As it stands in the guide, with the names that are real here. */
  async function here(line: string, exchange: string): Promise<string> {
    const { cert, key } = await site.certificate('csirt-a')
    return line
      .replace(/^iodef-gateway /, '')
      .replace(/ +#.*$/, '')
      .replace('--config gateway.yaml', `--config ${site.configFile}`)
      .replace('06YBYSZ9RX4', ids.delivery)
      .replace('pV3kQ0bN1mZ7xT2cR9sLhA', exchange)
      .replace('https://rid.csirt-b.example/', `https://localhost:${site.ridPort}/`)
      .replace('me.pem', cert)
      .replace('me.key', key)
      .replace('ca.pem', site.ca.cert)
      .replace('@grid.example', `@${world.broker.domain}`)
      .replace(/\b(report\.xml|criteria\.xml|FOLDER)/, (file) => join(site.dir, file))
      .replace('--wait 10m', '--wait 1s --listen 127.0.0.1:0')
  }

  for (const line of lines) {
    test(line, { timeout: 60_000 }, async () => {
      const exchange = ids.exchanges[/ approve /.test(line) ? 1 : / deny /.test(line) ? 2 : 0] ?? ''
      const typed = await here(line, exchange)
      const { code, out, err } = await run(typed)
      assert.ok(code === 0 || (code === 1 && MAY_BE_NO.test(`${typed} `)), `${code}: ${typed}\n${out}${err}`)
    })
  }

  test('is there', () => assert.ok(lines.length > 30, `${lines.length} commands`))
})
