/**
 * `npm run demo`: certificates, a Controller, the gateway and a subscriber on loopback; one report goes in by HTTPS, and the
 * item comes out at the subscriber. Stays up until Ctrl-C; with `--once` it ends after the proof. Exit code 0 when the
 * report arrived intact, 1 when not or when a step failed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { watchCaller } from './demo/caller.ts'
import type { Child } from './demo/child.ts'
import { type Answer, post } from './demo/post.ts'
import { pretty, prove } from './demo/proof.ts'
import { ridReport } from './demo/report.ts'
import { bold, cyan, dim, green, red, say, sideBySide, step } from './demo/screen.ts'
import { ChildError, parsed, portsOf, ready, until } from './demo/wait.ts'
import * as world from './demo/world.ts'

interface Item {
  readonly id: string
  readonly xml: string
}

const USAGE = 'usage: npm run demo [-- --once]\n  --once   stops after the proof\n'
const INCIDENT = { name: 'csirt-a.example', id: '2026-1187' }
const NEXT = { name: 'csirt-a.example', id: '2026-1188' }
const LOG_LINES = 15

/** Rejects when the demo is told to stop. */
const stop = Promise.withResolvers<never>()
class Stopped extends Error {}
let stopping = false
stop.promise.catch(() => {
  stopping = true
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.reject(new Stopped(signal)))
}
process.stdout.on('error', () => stop.reject(new Stopped('nobody reads')))
watchCaller(() => stop.reject(new Stopped('the caller is gone')))

const once = readArguments()
process.exit(await main())

function readArguments(): boolean {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
    if (values.help !== true) return values.once === true
    process.stdout.write(USAGE)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}

async function main(): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(world.createFolder())
  let proved = false
  try {
    const tell = (pass: boolean) => {
      proved = pass
    }
    await Promise.race([demo(stack, folder.path, tell), stop.promise])
  } catch (error) {
    if (error instanceof Stopped) {
      say(`\n${dim('Stopping.')}`)
      return proved ? 0 : 130
    }
    say(`\n${red('The demo failed:')} ${describe(error)}`)
    sayLog(error, folder.path)
    return 1
  }
  return proved ? 0 : 1
}

async function demo(stack: AsyncDisposableStack, folder: string, proved: (pass: boolean) => void): Promise<void> {
  say(bold('iodef-gateway demo: a RID report in, an XMPP-Grid item out'))
  const { server, client } = await step('certificates', () => world.createCertificates(folder))
  const broker = stack.use(await step('Controller and Broker (Prosody)', () => world.startController()))
  const gateway = world.startGateway(folder, broker, server)
  const child = stack.use(gateway.child)
  const ports = portsOf(child)
  const { rid, ops } = await step('gateway', () => until(child, 'does not listen', ports))
  await step(`its Topic "${world.TOPIC}"`, async () => void (await until(child, 'is not ready', () => ready(ops))))
  const items: Item[] = []
  const subscriber = stack.use(world.startSubscriber(folder, broker))
  await step(`subscriber@${broker.domain}`, async () => void (await subscribed(subscriber, items)))

  const iodef = readFileSync(join(world.ROOT, 'fixtures/demo-incident.xml'), 'utf8')
  const report = ridReport(iodef, INCIDENT)
  const url = `https://127.0.0.1:${rid}/`
  const answer = await step('POST of a RID Report by csirt-a', () => post(url, report, client))
  const item = await step('its item at the subscriber', () => arrival(child, subscriber, items, answer))
  say(`\n${sideBySide(...panes(answer, item, iodef))}\n`)
  const checks = prove(report, answer, item)
  for (const { pass, text } of checks) say(`${pass ? green('PASS') : red('FAIL')}  ${text}`)
  const pass = checks.every((check) => check.pass)
  proved(pass)
  if (once || !pass) return

  const next = join(folder, 'next.xml')
  writeFileSync(next, report.replaceAll(INCIDENT.id, NEXT.id))
  sayNext({ url, client, next, config: gateway.config, ops, xmpp: broker.service })
  child.onLine((line) => stopping || sayTrouble(line))
  for (let seen = items.length; ; seen += 1) {
    const more = await until(subscriber, 'hears nothing', () => items[seen], Number.POSITIVE_INFINITY)
    say(
      `\n${green('item')} ${more.id.slice(0, 16)}… ${dim('at the subscriber:')}\n${pretty(more.xml).slice(0, 12).join('\n')}`,
    )
    say(dim(`  ... ${Math.max(0, pretty(more.xml).length - 12)} more lines`))
  }
}

function subscribed(child: Child, items: Item[]): Promise<string> {
  let me: string | undefined
  child.process.on('message', (message: Item | { subscribed: string }) => {
    if ('subscribed' in message) me = message.subscribed
    else items.push(message)
  })
  return until(child, 'could not subscribe', () => me)
}

/** The item, or why there will be none: a report that was not acknowledged is not published. */
async function arrival(gateway: Child, subscriber: Child, items: readonly Item[], answer: Answer): Promise<Item> {
  if (answer.status !== 200) {
    throw new ChildError(gateway, `the gateway answered HTTP ${answer.status}: ${answer.body.slice(0, 1000)}`)
  }
  return until(subscriber, 'received no item', () => items[0], 30_000)
}

function panes(answer: Answer, item: Item, posted: string) {
  return [
    {
      title: `What the RID tool got: HTTP ${answer.status}, ${answer.ms} ms`,
      lines: [...pretty(answer.body), '', 'What it had sent (in a RID Report):', '', ...posted.trimEnd().split('\n')],
    },
    { title: `What the subscriber got: item ${item.id.slice(0, 16)}…`, lines: pretty(item.xml) },
  ] as const
}

interface Next {
  readonly url: string
  readonly client: { readonly cert: string; readonly key: string; readonly ca: string }
  readonly next: string
  readonly config: string
  readonly ops: number
  readonly xmpp: string
}

function sayNext({ url, client, next, config, ops, xmpp }: Next): void {
  const gateway = relative(process.cwd(), join(world.ROOT, 'bin/iodef-gateway'))
  const files = `--cert ${client.cert} --key ${client.key}`
  say(`
${bold('It stays up. Ports')}: RID ${new URL(url).port}, health ${ops}, XMPP ${new URL(xmpp).port} (all on 127.0.0.1)

Send the next report, in another terminal; its item appears below:
  ${cyan(`curl -sS ${files} --cacert ${client.ca} -H 'Content-Type: text/xml' --data-binary @${next} ${url}`)}
or without curl:
  ${cyan(`${gateway} send fixtures/valid/minimal.xml --to ${url} ${files} --ca ${client.ca}`)}
Where is the incident?
  ${cyan(`${gateway} trace ${INCIDENT.id} --config ${config}`)}
How is the gateway?   ${cyan(`http://127.0.0.1:${ops}/`)}

${dim('Ctrl-C stops everything and removes what was made.')}`)
}

/** What the gateway warns of while somebody plays with it. */
function sayTrouble(line: string): void {
  const entry = parsed(line)
  if (entry === undefined || !['warn', 'error', 'fatal'].includes(String(entry.level))) return
  const reason = entry.reason === undefined || entry.reason === null ? '' : `: ${String(entry.reason)}`
  say(`${red(`gateway ${String(entry.level)}`)} ${String(entry.msg)}${reason}`)
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const missing = 'code' in error && error.code === 'ENOENT' && 'path' in error ? String(error.path) : undefined
  if (missing === undefined || missing.includes('/')) return error.message
  return `${missing} is not installed; \`bash scripts/setup --demo\` installs it, or says how`
}

function sayLog(error: unknown, folder: string): void {
  const child = error instanceof ChildError ? error.child : undefined
  const lines = child?.tail(LOG_LINES) ?? world.controllerLog(folder, LOG_LINES)
  if (lines.length === 0) return
  say(dim(`The last lines of the ${child?.name ?? 'Controller'}'s log:`))
  for (const line of lines) say(`  ${line}`)
}
