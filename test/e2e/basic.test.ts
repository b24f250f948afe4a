import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { hashPassword } from '../../src/password-hash.ts'
import { boot } from '../support/boot.ts'
import { run } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { iodef, ridReport } from '../support/reports.ts'
import { createSite, type Site } from '../support/site.ts'

const curl = promisify(execFile)

/** What curl prints of an answer to that report, and its status. */
async function sent(site: Site, id: string, ...credentials: string[]): Promise<string> {
  const file = join(site.dir, 'report.xml')
  await writeFile(file, ridReport(iodef({ id, source: 'csirt-b.example' }), 'csirt-b.example'))
  const { stdout } = await curl('curl', [
    ...['-s', '--max-time', '30', '--cacert', site.ca.cert, ...credentials],
    ...['-H', 'Content-Type: text/xml', '--data-binary', `@${file}`, '-w', '\n%{http_code}'],
    `https://localhost:${site.ridPort}/`,
  ])
  return stdout
}

/** A password, and the hash of it, as `passwd` makes them. */
async function passwd(): Promise<{ readonly password: string; readonly hash: string }> {
  const { code, stdout, stderr } = await run(['passwd', '--generate'])
  assert.equal(code, 0, stderr)
  return { password: stderr.replace(/^password: |\n$/g, ''), hash: stdout.trim() }
}

test('a report sent by curl with a password of passwd is approved, as that of its peer, and a password that is changed is changed', async () => {
  const first = await passwd()
  const second = { password: 'another password', hash: await hashPassword('another password') }
  const peers = [
    { name: 'csirt-b', publish: ['incident'], identity: { basic: { user: 'b', password: { file: 'b.hash' } } } },
  ]
  await using site = await createSite({ peers, rid: { basic: true } })
  const file = join(site.dir, 'b.hash')
  await writeFile(file, `${first.hash}\n`, { mode: 0o600 })
  await site.config({ audit: { path: './audit.jsonl' } })
  const { notes } = JSON.parse(await site.command('check', '--json')) as { notes: { path: string }[] }
  assert.equal(notes.filter(({ path }) => path === 'rid.basic').length, 1)
  await using gateway = await boot(site)
  const { parts } = (await site.health()).body
  assert.deepEqual([parts.basic?.state, parts.basic?.reason.includes('csirt-b')], ['ok', true])

  assert.match(await sent(site, '2026-1', '-u', `b:${first.password}`), /Approved(?:.|\n)*\n200$/)
  assert.match(await sent(site, '2026-2', '--anyauth', '-u', `b:${first.password}`), /Approved(?:.|\n)*\n200$/)
  const trace = await site.command('trace', '2026-1', '--json')
  assert.match(trace, /csirt-b/)
  for (const credentials of [[], ['-u', 'b:wrong-password'], ['-u', `x:${first.password}`]])
    assert.match(await sent(site, '2026-3', ...credentials), /\n401$/)

  await writeFile(file, `${second.hash}\n`)
  assert.deepEqual(gateway.reload(), { taken: true })
  assert.match(await sent(site, '2026-4', '-u', `b:${first.password}`), /\n401$/)
  assert.match(await sent(site, '2026-4', '-u', `b:${second.password}`), /Approved(?:.|\n)*\n200$/)

  const { pending, sending } = await site.backlog()
  assert.equal(pending + sending, 3)
  const refused = (labels: Record<string, string>) => site.metric('iodef_gateway_rid_logins_refused_total', labels)
  assert.equal(await refused({ peer: 'csirt-b', reason: 'wrong-password' }), 2)
  assert.equal(await refused({ peer: 'unknown', reason: 'unknown-user' }), 1)
  await eventually('the audit log to have them', async () => {
    const audit = await site.command('audit', 'list', '--what', 'rid-login-refused')
    return /wrong-password/.test(audit) && /unknown-user/.test(audit) && !audit.includes(first.password)
  })
})

test('a report of a CA that shows nothing, as CAA iodef has it, goes to the Topic of its own and nowhere else', async () => {
  const restrictions = ['private', 'need-to-know', 'partner', 'public']
  await using site = await createSite({
    peers: [
      { name: 'csirt-a', publish: ['incident'], topics: ['incident'], url: 'https://localhost:1/' },
      { name: 'caa', publish: ['quarantine'], identity: { anonymous: true } },
    ],
    open: false,
    rid: { anonymous: true },
    topics: ['incident', 'quarantine'].map((name) => ({ name, create: true, restrictions })),
    routes: [{ topic: 'incident' }, { match: { peer: ['caa'] }, topic: 'quarantine' }],
  })
  await using _gateway = await boot(site)
  const file = join(site.dir, 'bare.xml')
  await writeFile(file, iodef({ id: 'caa-1', source: 'ca.example' }))
  const { stdout } = await curl('curl', [
    ...['-s', '--max-time', '30', '--cacert', site.ca.cert, '-H', 'Content-Type: text/xml', '--data-binary'],
    ...[`@${file}`, `https://localhost:${site.ridPort}/`],
  ])
  assert.match(stdout, /Approved/)
  const rows = JSON.parse(await site.command('queue', 'list', '--json')) as { destination: string; source: string }[]
  assert.deepEqual(
    rows.map(({ source, destination }) => `${source} to ${destination}`),
    ['caa to quarantine'],
  )
  assert.match((await site.health()).body.parts.anonymous?.reason ?? '', /They are the peer caa/)
})
