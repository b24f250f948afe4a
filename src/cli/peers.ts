import { isIPv6 } from 'node:net'
import type { Config } from '../config/types.ts'
import { messageOf } from '../errors.ts'
import type { RefusedCertificate } from '../rid/refused-certificates.ts'
import { actionOf, CONFIG, configWithoutLogin, nothingMore, parse } from './options.ts'
import { type Command, type ExitCode, json, printable, write } from './output.ts'

/** ms for an answer of a gateway on this machine */
const PATIENCE = 10_000

export const peers: Command = {
  name: 'peers',
  summary: 'lists certificates that were refused because they are no peer, as lines to paste into peers',
  usage: 'iodef-gateway peers refused [--config FILE] [--json]',
  help: `
Asks the running gateway at its operators' endpoint (\`ops\`) for the clients whose certificate comes from a CA of \`rid.tls.ca\` and is of
no peer: what they send is answered 403. Prints each as an entry of \`peers\`, the one seen last first. It remembers 100 since its start.
Compare the fingerprint with that which your partner tells you by another way before you paste anything.

  -c, --config FILE   the configuration [gateway.yaml]
      --json          [{"fingerprint", "subject", "names", "dns", "remote", "first", "last", "connections"}]

  iodef-gateway peers refused --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, { ...CONFIG, json: { type: 'boolean' } })
    actionOf('peers', positionals[0], ['refused'] as const)
    nothingMore(positionals.slice(1))
    const found = await refusedAt(configWithoutLogin(values, io))
    if (values.json) await write(io.out, json(found))
    else if (found.length === 0) await write(io.err, 'no certificate was refused since the gateway was started\n')
    else await write(io.out, `peers:\n${found.map(entry).join('')}`)
    return 0
  },
}

async function refusedAt({ ops }: Pick<Config, 'ops'>): Promise<RefusedCertificate[]> {
  // one that listens everywhere is here as well
  const host = ops.host === '0.0.0.0' ? '127.0.0.1' : ops.host === '::' ? '::1' : ops.host
  const url = `http://${isIPv6(host) ? `[${host}]` : host}:${ops.port}/refused.json`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) })
    if (!answer.ok) throw new Error(`it answers ${answer.status}`)
    return (await answer.json()) as RefusedCertificate[]
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
    throw new Error(`no gateway answers at ${url} (ops of the configuration): ${cause}`)
  }
}

/** By its first name, or by its fingerprint where it has none. */
function entry({ fingerprint, subject, names, dns, remote, last, connections }: RefusedCertificate): string {
  const at = new Date(last).toISOString()
  const times = connections === 1 ? 'once' : `${connections} times`
  const [name] = dns
  const identity = name === undefined ? `{ fingerprint: "${fingerprint}" }` : `{ dns: ${JSON.stringify(name)} }`
  const lines = [
    `# ${subject || 'no subject'}; ${names || 'no subjectAltName'}`,
    `# SHA-256 ${fingerprint}`,
    `# connected ${times}, last at ${at} from ${remote}`,
    ...(dns.length > 1 ? [`# or: ${dns.slice(1).join(', ')}`] : []),
  ]
  const written = lines.map((line) => `  ${printable(line)}\n`).join('')
  return `${written}  - name: ${JSON.stringify(name ?? 'new-peer')}\n    identity: ${identity}\n    publish: []\n`
}
