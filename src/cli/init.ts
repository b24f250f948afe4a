import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dns, xmppService } from '../config/fields.ts'
import { osReason } from '../config/problems.ts'
import { didYouMean } from '../did-you-mean.ts'
import { brokerCommands, brokerConfiguration, gatewayYaml, type Plan, peerSheet, readme } from './init-texts.ts'
import { createCa, issue, requestFor } from './openssl.ts'
import { nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, printable, UsageError, write } from './output.ts'

const BROKERS = ['prosody', 'ejabberd'] as const
const EXAMPLES = { prosody: 'prosody.cfg.lua', ejabberd: 'ejabberd.yml' } as const

export const init: Command = {
  name: 'init',
  summary: 'makes a folder with all that a new gateway, its Broker and its first peer need',
  usage: 'iodef-gateway init DIR --name gateway.example --broker prosody|ejabberd [--domain D] [--peer P] [--requests]',
  help: `
Makes DIR, with a configuration that runs: gateway.yaml, a password, private CAs and certificates for the gateway, the Controller and a
first peer; the Broker's configuration and the commands that install it; and for the peer a sheet on how to send. README.txt says what
to do next. Needs openssl.

      --name NAME      the gateway's DNS name, by which peers connect
      --broker KIND    prosody or ejabberd
      --domain NAME    the XMPP domain [grid. and what NAME ends in]
      --service URL    where the Controller is [xmpp://DOMAIN:5222]
      --peer NAME      the first peer's DNS name [csirt-a. and what NAME ends in]
      --requests       keys and certificate requests for a CA of yours, in place of private CAs

  iodef-gateway init mygateway --name gateway.example --broker prosody
  iodef-gateway check --config mygateway/gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, {
      name: { type: 'string' },
      broker: { type: 'string' },
      domain: { type: 'string' },
      service: { type: 'string' },
      peer: { type: 'string' },
      requests: { type: 'boolean' },
    })
    const dir = required(positionals[0], 'DIR')
    nothingMore(positionals.slice(1))
    const plan = planOf(values)
    if (entriesOf(dir).length > 0) throw new UsageError(`${dir} is there already, and not empty`)
    try {
      await make(dir, plan)
    } catch (error) {
      // it was empty: what is in it is ours, and would be in the way of another try
      for (const entry of entriesOf(dir)) await rm(join(dir, entry), { recursive: true })
      throw error
    }
    await write(io.out, await readFile(join(dir, 'README.txt'), 'utf8'))
    await write(io.err, `${printable(dir)} is made\n`)
    return 0
  },
}

/** Nothing where there is no such folder yet; throws UsageError for what is none, or cannot be looked into. */
function entriesOf(dir: string): string[] {
  try {
    return existsSync(dir) ? readdirSync(dir) : []
  } catch (error) {
    throw new UsageError(`${dir} cannot be used: ${osReason(error)}`)
  }
}

interface Values {
  readonly name?: string
  readonly broker?: string
  readonly domain?: string
  readonly service?: string
  readonly peer?: string
  readonly requests?: boolean
}

function planOf(values: Values): Plan {
  const name = nameIn('--name', required(values.name, '--name NAME'))
  const kind = required(values.broker, '--broker prosody|ejabberd')
  const broker = BROKERS.find((one) => one === kind)
  if (broker === undefined) throw new UsageError(`--broker takes prosody or ejabberd${didYouMean(kind, BROKERS)}`)
  const rest = name.split('.').slice(1).join('.')
  if (rest === '') throw new UsageError('--name takes a DNS name of two parts or more, as gateway.example')
  const domain = nameIn('--domain', values.domain ?? `grid.${rest}`)
  const peer = nameIn('--peer', values.peer ?? `csirt-a.${rest}`)
  const service = xmppService.safeParse(values.service ?? `xmpp://${domain}:5222`).data
  if (service === undefined) throw new UsageError('--service takes xmpp://HOST:PORT or xmpps://HOST:PORT')
  const first = peer.split('.')[0] ?? peer
  // ca.pem beside its certificate is our CA's
  const peerName = first === 'ca' ? 'peer-ca' : first
  return { name, domain, peer, peerName, service, broker, requests: values.requests === true }
}

function nameIn(option: string, written: string): string {
  const name = dns.safeParse(written).data
  if (name === undefined) throw new UsageError(`${option} takes a DNS name, as gateway.example`)
  return name.toLowerCase().replace(/\.$/, '')
}

async function make(dir: string, plan: Plan): Promise<void> {
  const { domain, peerName, broker } = plan
  const at = (...path: string[]) => join(dir, ...path)
  // the password, keys and, later, every report are in it
  await mkdir(dir, { recursive: true, mode: 0o700 })
  for (const folder of ['tls', 'controller', join('peers', peerName)]) await mkdir(at(folder), { recursive: true })
  await writeFile(at('gateway.yaml'), gatewayYaml(plan))
  await writeFile(at('gateway.password'), `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  const example = fileURLToPath(new URL(`../../examples/${EXAMPLES[broker]}`, import.meta.url))
  const configuration = brokerConfiguration(await readFile(example, 'utf8'), domain)
  await writeFile(at('controller', EXAMPLES[broker]), configuration)
  await writeFile(at('controller', 'commands.sh'), brokerCommands(plan))
  await (plan.requests ? makeRequests : makeCertificates)(plan, at)
  await writeFile(at('peers', peerName, 'sheet.txt'), peerSheet(plan))
  await writeFile(at('README.txt'), readme(plan))
}

async function makeRequests({ name, domain }: Plan, at: (...path: string[]) => string): Promise<void> {
  await requestFor(name, at('tls', 'rid.csr'), at('tls', 'rid.key'))
  await requestFor(domain, at('controller', `${domain}.csr`), at('controller', `${domain}.key`))
}

async function makeCertificates(
  { name, domain, peer, peerName, broker }: Plan,
  at: (...path: string[]) => string,
): Promise<void> {
  await mkdir(at('ca'), { mode: 0o700 })
  const peers = { cert: at('ca', 'peers-ca.pem'), key: at('ca', 'peers-ca.key') }
  const grid = { cert: at('ca', 'grid-ca.pem'), key: at('ca', 'grid-ca.key') }
  await createCa(`${name.slice(0, 50)} peers CA`, peers)
  await createCa(`${domain.slice(0, 50)} Controller CA`, grid)
  await issue(peers, name, { cert: at('tls', 'rid.pem'), key: at('tls', 'rid.key') })
  const folder = join('peers', peerName)
  await issue(peers, peer, { cert: at(folder, `${peerName}.pem`), key: at(folder, `${peerName}.key`) })
  const controller = { cert: at('controller', `${domain}.crt`), key: at('controller', `${domain}.key`) }
  await issue(grid, domain, controller)
  await copyFile(peers.cert, at('tls', 'peers-ca.pem'))
  await copyFile(grid.cert, at('tls', 'grid-ca.pem'))
  await copyFile(peers.cert, at(folder, 'ca.pem'))
  if (broker !== 'ejabberd') return
  const both = await Promise.all([readFile(controller.cert, 'utf8'), readFile(controller.key, 'utf8')])
  await writeFile(at('controller', `${domain}.pem`), both.join(''), { mode: 0o600 })
}
