import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { domainToASCII } from 'node:url'
import { type Broker, type BrokerOptions, exec, freePort, ServerProcess } from './brokers.ts'
import { type Certificate, createPki } from './pki.ts'

/** A Prosody with a pubsub component whose admin is gateway@grid.example. Ready when it resolves. */
export async function startProsody(options: BrokerOptions = {}): Promise<Broker> {
  const dir = await mkdtemp(join(tmpdir(), 'prosody-'))
  const pki = options.pki ?? (await createPki())
  const ca = await pki.ca('grid')
  const { domain = 'grid.example' } = options
  const certificate = await ca.issue({ cn: 'prosody', dns: [domainToASCII(domain), 'localhost'], server: true })
  const uploads = options.upload ? await freePort() : undefined
  const [port, directPort] = [await freePort(), await freePort()]
  const file = join(dir, 'prosody.cfg.lua')
  if (options.moved) await writeFile(join(dir, 'mod_moved_nodes.lua'), movedNodes(options.moved))
  await writeFile(file, configuration(dir, port, directPort, certificate, ca.cert, options, uploads))
  const server = new ServerProcess('prosody', ['--config', file, '-F'], {}, dir)

  const broker: Broker = {
    kind: 'prosody',
    service: `xmpp://127.0.0.1:${port}`,
    directTls: `xmpps://127.0.0.1:${directPort}`,
    domain,
    broker: `pubsub.${domain}`,
    ca: ca.cert,
    pin: certificate.pin,
    dir,
    uploadHost: uploads === undefined ? undefined : `localhost:${uploads}`,
    get pid() {
      return server.pid
    },
    async register(user, password) {
      await exec('prosodyctl', ['--config', file, 'register', user, domain, password])
    },
    changePassword: (user, password) => broker.register(user, password),
    start: () => server.start(port),
    stop: () => server.end('SIGTERM'),
    kill: () => server.end('SIGKILL'),
    async restart() {
      await server.end('SIGTERM')
      await server.start(port)
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    log: () => readFile(join(dir, 'prosody.log'), 'utf8'),
    async dispose() {
      await server.end('SIGKILL')
      await rm(dir, { recursive: true, force: true })
      if (!options.pki) await pki.dispose()
    },
    [Symbol.asyncDispose]: () => broker.dispose(),
  }
  for (const [user, password] of Object.entries(options.users ?? { gateway: 'gateway-secret' })) {
    if (!options.external) await broker.register(user, password)
  }
  await broker.start()
  return broker
}

function configuration(
  dir: string,
  port: number,
  directPort: number,
  certificate: Pick<Certificate, 'cert' | 'key' | 'bundle'>,
  ca: string,
  options: BrokerOptions,
  uploads: number | undefined,
): string {
  const { domain = 'grid.example' } = options
  if (options.example !== undefined) return likeDebian(dir, port, directPort, options.example)
  const tls = [
    `key = ${lua(certificate.key)}; certificate = ${lua(certificate.cert)}; cafile = ${lua(ca)};`,
    options.external ? 'verify = { "peer", "client_once" };' : '',
    options.tls === '1.2' ? 'protocol = "tlsv1_2";' : '',
  ].join(' ')
  return [
    'run_as_root = true',
    options.added ?? '',
    `pidfile = ${lua(join(dir, 'prosody.pid'))}`,
    `data_path = ${lua(dir)}`,
    `log = { { levels = { min = "info" }; to = "file"; filename = ${lua(join(dir, 'prosody.log'))} } }`,
    `plugin_paths = { "/usr/share/prosody/modules"; ${lua(dir)} }`,
    'interfaces = { "127.0.0.1" }',
    `c2s_ports = { ${port} }`,
    `c2s_direct_tls_ports = { ${directPort} }`,
    's2s_ports = {}; http_ports = {}',
    uploads === undefined
      ? 'https_ports = {}'
      : `https_ports = { ${uploads} }; https_interfaces = { "127.0.0.1" }; https_certificate = ${lua(certificate.bundle)}`,
    `modules_enabled = { "disco"; "roster"; "saslauth"; "tls"; "ping"; "smacks"; ${options.stock ? '"limits"' : ''} }`,
    options.stock ? 'limits = { c2s = { rate = "10kb/s" }; s2sin = { rate = "30kb/s" } }' : '',
    'modules_disabled = { "s2s"; "offline" }',
    'c2s_require_encryption = true',
    `authentication = "${options.external ? 'ccert' : 'internal_hashed'}"`,
    ...(options.stanzaLimit === undefined ? [] : [`c2s_stanza_size_limit = ${options.stanzaLimit}`]),
    `ssl = { ${tls} }`,
    // SQL: file storage rewrites the whole node at every publish
    ...(options.durable === false
      ? ['default_storage = "memory"', `storage_archive_item_limit = ${(options.maxItems ?? 10_000) + 1_000}`]
      : [
          'default_storage = "sql"',
          `sql = { driver = "SQLite3"; database = ${lua(join(dir, 'prosody.sqlite'))} }`,
          'sqlite_tune = "fast"',
        ]),
    'storage = { accounts = "internal" }',
    `VirtualHost "${domain}"`,
    `Component "pubsub.${domain}" "pubsub"`,
    `  admins = { "gateway@${domain}" }`,
    `  pubsub_max_items = ${options.maxItems ?? 10_000}`,
    ...(options.moved
      ? [
          '  modules_enabled = { "moved_nodes" }',
          `Component "elsewhere.${domain}" "pubsub"`,
          `  admins = { "gateway@${domain}"; "owner@${domain}" }`,
          '  modules_enabled = { "moved_nodes" }',
        ]
      : []),
    ...(uploads === undefined
      ? []
      : [
          `Component "upload.${domain}" "http_file_share"`,
          `  http_file_share_access = { "${domain}" }`,
          ...(options.uploadBase === undefined
            ? []
            : [`  http_file_share_base_url = ${lua(options.uploadBase)}`, '  http_file_share_secret = "x"']),
          '  http_host = "localhost"',
          `  http_external_url = "https://localhost:${uploads}/"`,
        ]),
    '',
  ].join('\n')
}

/** A module that says where a node has gone (XEP-0060 §6.1.3.11), by `host/node`; of one called `hidden` whoever looks at it is told, too. */
function movedNodes(moved: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(moved).map(([node, address]) => `[${lua(node)}] = ${lua(address)};`)
  return [
    'local st = require "util.stanza"',
    `local moved = { ${pairs.join(' ')} }`,
    'local function gone(event, node)',
    '  local address = node and moved[module.host.."/"..node]',
    '  if not address then return end',
    '  local reply = st.reply(event.stanza)',
    '  reply.attr.type = "error"',
    '  reply:tag("error", { type = "modify" }):tag("gone", { xmlns = "urn:ietf:params:xml:ns:xmpp-stanzas" }):text(address)',
    '  event.origin.send(reply)',
    '  return true',
    'end',
    'module:hook("iq/host/http://jabber.org/protocol/pubsub:pubsub", function (event)',
    '  local subscribe = event.stanza.tags[1]:get_child("subscribe")',
    '  return gone(event, subscribe and subscribe.attr.node)',
    'end, 10)',
    'module:hook("iq-get/host/http://jabber.org/protocol/disco#info:query", function (event)',
    '  local node = event.stanza.tags[1].attr.node',
    '  return gone(event, node == "hidden" and node)',
    'end, 10)',
  ].join('\n')
}

/** What of Debian's /etc/prosody/prosody.cfg.lua matters here, and an example behind it. */
function likeDebian(dir: string, port: number, directPort: number, example: string): string {
  return [
    'run_as_root = true',
    `pidfile = ${lua(join(dir, 'prosody.pid'))}`,
    `data_path = ${lua(dir)}`,
    `log = { { levels = { min = "info" }; to = "file"; filename = ${lua(join(dir, 'prosody.log'))} } }`,
    'plugin_paths = { "/usr/share/prosody/modules" }',
    'interfaces = { "127.0.0.1" }',
    `c2s_ports = { ${port} }; c2s_direct_tls_ports = { ${directPort} }; s2s_ports = {}; http_ports = {}; https_ports = {}`,
    'modules_enabled = { "disco"; "roster"; "saslauth"; "tls"; "ping"; "smacks"; "limits" }',
    'modules_disabled = { "s2s"; "offline" }',
    'limits = { c2s = { rate = "10kb/s" }; s2sin = { rate = "30kb/s" } }',
    'c2s_require_encryption = true',
    'authentication = "internal_hashed"',
    'VirtualHost "localhost"',
    example,
    '',
  ].join('\n')
}

function lua(value: string): string {
  return JSON.stringify(value)
}
