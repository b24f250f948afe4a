import { ridUrl } from '../config/rid-url.ts'
import type { TlsFiles } from '../config/types.ts'
import { createReader } from '../reading/reader.ts'
import type { Receiver } from '../rid/contract.ts'
import { networkReason } from '../rid/network-reason.ts'
import { openProbe, type ProbeSession } from '../rid/probe-session.ts'
import { peerNamed } from './explain.ts'
import { CONFIG, configWithoutLogin, nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, type Io, json, printable, table, UsageError, write } from './output.ts'
import type { Row } from './probe-rows.ts'
import { probeAll } from './probe-steps.ts'
import { TLS, tlsOptions } from './tls-options.ts'

const OPTIONS = {
  ...CONFIG,
  ...TLS,
  post: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

export const probe: Command = {
  name: 'probe',
  summary: 'says what a RID system speaks, and what of it is as RFC 6546 has it',
  usage: 'iodef-gateway probe PEER|URL [--config FILE | --cert PEM --key PEM --ca PEM] [--post] [--json]',
  help: `
Looks at TLS, certificate, URIs, Content-Type and charset, redirects, and how each MsgType is answered (RFC 6546 Table 1), and says of each
whether the standard has it so, and what would be right. What it sends is harmless: a Query for an incident that does not exist, an
unknown MsgType, and what is no message. "unknown" stands where the answer says neither, as a 403 to a Query does.

PEER is a peer of the configuration, with its url and identity and the gateway's own certificate. A URL takes the certificate of the
configuration, too, or that of --cert, --key and --ca.

  -c, --config FILE   the configuration [gateway.yaml]
      --cert PEM      the client certificate
      --key PEM       its private key
      --ca PEM        the CA that the RID system's certificate must come from
      --post          also send a Report, an InvestigationRequest, a TraceRequest and a Result: marked as a probe and private, but the
                      RID system may store them, or wake somebody
      --json          {"to", "rows": [{"check", "where", "asItSays", "found", "right"}]}, asItSays being yes, no or unknown

Exit code 0: all of it is as the standards say, or not known. 1: not all. 3: nobody there.

  iodef-gateway probe csirt-a --config gateway.yaml
  iodef-gateway probe https://rid.csirt-b.example/ --cert me.pem --key me.key --ca ca.pem
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, OPTIONS)
    const whom = required(positionals[0], 'PEER or URL')
    nothingMore(positionals.slice(1))
    const { receiver, tls } = target(whom, values, io)
    await using session = await open(receiver, tls, io)
    if (session === undefined) return 3
    await using reader = createReader({ threads: 1, deadlineMs: 60_000 })
    const readReply = (body: Uint8Array, charset?: string) => reader.readReply(body, receiver.name, charset)
    const rows = await probeAll(session, { readReply, post: values.post === true, now: Date.now() })
    await write(io.out, values.json ? json({ to: receiver.url, rows }) : described(receiver, session, rows))
    if (rows.length === 1) return 3
    return rows.some(({ asItSays }) => asItSays === 'no') ? 1 : 0
  },
}

async function open(receiver: Receiver, tls: TlsFiles, io: Io): Promise<ProbeSession | undefined> {
  try {
    return await openProbe(receiver, tls)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    await write(io.err, `${printable(networkReason(error, tls).reason)}\n`)
    return undefined
  }
}

function target(whom: string, values: Values, io: Io): { readonly receiver: Receiver; readonly tls: TlsFiles } {
  const { cert, key, ca } = values
  const own = cert === undefined && key === undefined && ca === undefined ? undefined : tlsOptions(values)
  if (/^https?:/i.test(whom)) {
    const url = ridUrl(whom)
    if (url === undefined) throw new UsageError('a URL is https:// without a path: RID messages go to /')
    const tls = own ?? configWithoutLogin(values, io).rid.tls
    return { receiver: { name: new URL(url).host, url, identity: {} }, tls }
  }
  const config = configWithoutLogin(values, io)
  const { name, url, identity, basic } = peerNamed(config, whom)
  if (url === undefined) throw new UsageError(`the peer ${name} has no url in the configuration: say one here`)
  return { receiver: { name, url, identity, ...(basic && { basic }) }, tls: own ?? config.rid.tls }
}

function described(receiver: Receiver, { to }: ProbeSession, rows: readonly Row[]): string {
  const heading = ['AS IT SAYS', 'WHERE', 'CHECK', 'FOUND', 'RIGHT WOULD BE']
  const lines = rows.map(({ check, where, asItSays, found, right }) => [
    asItSays,
    where,
    check,
    found.slice(0, 120),
    asItSays === 'yes' ? '' : right,
  ])
  const count = (word: Row['asItSays']) => rows.filter(({ asItSays }) => asItSays === word).length
  const sum = `${count('yes')} as the standards say, ${count('no')} not, ${count('unknown')} unknown`
  return `${printable(receiver.url)}, ${to.address}\n\n${table([heading, ...lines], 60)}\n${sum}\n`
}
