import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { pretty, prove } from '../../scripts/demo/proof.ts'
import { ridReport } from '../../scripts/demo/report.ts'
import { page, ROOT } from './markdown.ts'

const exec = promisify(execFile)
const temp = mkdtempSync(join(tmpdir(), 'demo-test-'))
after(() => rmSync(temp, { recursive: true, force: true }))

const DEADLINE = 120_000

test('--once shows acknowledgement and item, proves them equal, ends with 0 and leaves nothing behind', async () => {
  const folder = join(temp, 'once')
  mkdirSync(folder)
  const { output, ended } = start(folder, ['--once'])
  assert.equal(await ended, 0, output())
  assert.equal(output().match(/^PASS {2}/gm)?.length, 3, output())
  assert.match(output(), /AuthorizationStatus="Approved".*│/)
  assert.match(output(), /│ <report xmlns="urn:xmpp:incident:2">/)
  assert.ok(!output().includes('\u001b'), 'no colours where nobody watches')
  await nothingLeft(folder)
})

test('stays up, takes the curl line that it prints, and ends at SIGINT with nothing left behind', async () => {
  const folder = join(temp, 'stays')
  mkdirSync(folder)
  const { child, output, ended } = start(folder, [])
  const line = await until(() => /^ {2}(curl .*)$/m.exec(output())?.[1], output)
  await until(() => output().includes('Ctrl-C') || undefined, output)
  const { stdout } = await exec('sh', ['-c', line])
  assert.match(stdout, /AuthorizationStatus="Approved"/)
  await until(() => /^item [0-9a-f]{16}… at the subscriber:$/m.exec(output())?.[0], output)
  assert.match(output(), /2026-1188/)
  child.kill('SIGINT')
  assert.equal(await ended, 0, output())
  await nothingLeft(folder)
})

test('stops as told while it is still starting', async () => {
  const folder = join(temp, 'early')
  mkdirSync(folder)
  const { child, output, ended } = start(folder, [])
  await until(() => output().includes('gateway ...') || undefined, output)
  child.kill('SIGTERM')
  assert.equal(await ended, 130)
  await nothingLeft(folder)
})

test('says what is missing and ends with 1', async () => {
  const folder = join(temp, 'missing')
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const { stdout } = await exec('sh', ['-c', 'command -v openssl'])
  symlinkSync(stdout.trim(), join(bin, 'openssl'))
  const { output, ended } = start(folder, ['--once'], { PATH: bin })
  assert.equal(await ended, 1)
  assert.match(output(), /prosodyctl is not installed; `bash scripts\/setup --demo`/)
})

test('does not take a damaged item, another id or a denial for a proof', () => {
  const posted = ridReport(page('fixtures/demo-incident.xml'), { name: 'csirt-a.example', id: '2026-1187' })
  const incident =
    pretty(posted)
      .join('\n')
      .match(/<Incident .*<\/Incident>/s)?.[0] ?? ''
  const xml = `<report xmlns="urn:xmpp:incident:2">${incident.replace('<Incident ', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ')}</report>`
  const acknowledgement = (status: string) =>
    `<RID><RIDPolicy><IncidentID>2026-1187</IncidentID></RIDPolicy><RequestStatus AuthorizationStatus="${status}"/></RID>`
  const verdicts = (status: string, item: { id: string; xml: string }) =>
    prove(posted, { status: 200, body: acknowledgement(status), ms: 1 }, item).map(({ pass }) => pass)
  const wrong = 'f'.repeat(64)
  assert.deepEqual(verdicts('Approved', { id: wrong, xml }), [true, true, false])
  assert.deepEqual(verdicts('Approved', { id: wrong, xml: xml.replace('8443', '8444') }), [true, false, false])
  assert.deepEqual(verdicts('Approved', { id: wrong, xml: xml.replace('銀', '\ufffd') }), [true, false, false])
  assert.deepEqual(verdicts('Denied', { id: wrong, xml }), [false, true, false])
})

interface Demo {
  readonly child: ChildProcess
  output(): string
  readonly ended: Promise<number | null>
}

/** With its temp directory in `folder`, so that its traces can be told from those of others. */
function start(folder: string, args: readonly string[], env: Record<string, string> = {}): Demo {
  const script = join(ROOT, 'scripts/demo.ts')
  const variables = { ...process.env, COLUMNS: '160', TMPDIR: folder, npm_lifecycle_event: '', ...env }
  const child = spawn(process.execPath, [script, ...args], { env: variables, timeout: DEADLINE })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  after(() => child.kill('SIGKILL'))
  return { child, output: () => text, ended: once(child, 'exit').then(([code]) => code as number | null) }
}

async function until<T>(look: () => T | undefined, output: () => string): Promise<T> {
  const deadline = Date.now() + DEADLINE
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    if (output().includes('The demo failed:')) assert.fail(output())
    if (Date.now() > deadline) assert.fail(`not in time:\n${output()}`)
    await wait(50)
  }
}

async function nothingLeft(folder: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (processesNaming(folder).length > 0 && Date.now() < deadline) await wait(100)
  assert.deepEqual(processesNaming(folder), [])
  assert.deepEqual(readdirSync(folder), [])
}

/** Command lines that hold the path; those of children name a file below it. */
function processesNaming(path: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return [] // it ended just now
      }
    })
    .filter((line) => line.includes(path))
}
