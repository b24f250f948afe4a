import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type Broker, type BrokerOptions, exec, freePort, ServerProcess, waitForPort } from './brokers.ts'
import { createPki } from './pki.ts'

const DOMAIN = 'grid.example'

/** What the nodes of a cluster share: a secret, and the port of the name service of their distribution. */
export interface Cluster {
  readonly cookie: string
  readonly epmd: number
}

interface Ejabberd extends Broker {
  /** its name in a cluster */
  readonly node: string
  /** A command of ejabberdctl; resolves with what it printed. */
  control(...args: string[]): Promise<string>
}

/** An ejabberd with mod_pubsub; whoever creates a node owns it. Ready when it resolves. In a `cluster` it stands alone until it joins. */
export async function startEjabberd(options: BrokerOptions = {}, cluster?: Cluster): Promise<Ejabberd> {
  const dir = await mkdtemp(join(tmpdir(), 'ejabberd-'))
  const pki = options.pki ?? (await createPki())
  const ca = await pki.ca('grid')
  const certificate = await ca.issue({ cn: DOMAIN, dns: [DOMAIN, 'localhost'], server: true })
  const uploads = options.upload ? await freePort() : undefined
  const [port, directPort, distribution] = [await freePort(), await freePort(), await freePort()]
  const at = (name: string) => join(dir, name)
  await copyFile(options.bundle ?? certificate.bundle, at('server.pem'))
  await copyFile(ca.cert, at('ca.pem'))
  await writeFile(at('inetrc'), '{lookup,["file","native"]}.\n{host,{127,0,0,1}, ["localhost"]}.\n')
  const cookie = cluster?.cookie ?? randomBytes(16).toString('hex')
  await writeFile(at('ejabberdctl.cfg'), `ERL_OPTIONS="-setcookie ${cookie}"\n`)
  await writeFile(at('ejabberd.yml'), configuration(dir, port, directPort, options, uploads))
  // as root, ejabberdctl becomes the user ejabberd, who must own all of it
  const asRoot = process.getuid?.() === 0
  if (asRoot) await exec('chown', ['-R', 'ejabberd', dir])
  // alone, a fixed distribution port: no epmd, so nothing is shared with other nodes and nothing stays behind
  const names = cluster
    ? { ERL_EPMD_PORT: String(cluster.epmd), ERL_EPMD_ADDRESS: '127.0.0.1' }
    : { ERL_DIST_PORT: String(distribution) }
  const env = {
    ...names,
    INET_DIST_INTERFACE: '127.0.0.1',
    HOME: dir,
  }
  const node = `ejabberd-${randomBytes(4).toString('hex')}@localhost`
  // What `ejabberdctl foreground` runs, without its `su`: so the process that is signalled is the server.
  const erl = [
    ['-sname', node, '-start_epmd', 'false', '-setcookie', cookie],
    cluster ? [] : ['-erl_epmd_port', String(distribution)],
    ['-kernel', 'inet_dist_use_interface', '{127,0,0,1}', '-mnesia', 'dir', JSON.stringify(dir)],
    ['-s', 'ejabberd', '-noinput'],
  ].flat()
  const server = new ServerProcess('erl', erl, { ...env, ...runtime(dir) }, dir, asRoot ? await idsOf('ejabberd') : {})
  const base = ['--config-dir', dir, '--config', at('ejabberd.yml'), '--spool', dir, '--logs', dir, '--node', node]
  const control = (...args: string[]) => exec('ejabberdctl', [...base, ...args], { env: { ...process.env, ...env } })

  const start = async () => {
    await server.start(port)
    await waitForPort(directPort, () => undefined)
  }
  const broker: Ejabberd = {
    node,
    control: async (...args) => (await control(...args)).stdout,
    kind: 'ejabberd',
    service: `xmpp://127.0.0.1:${port}`,
    directTls: `xmpps://127.0.0.1:${directPort}`,
    domain: DOMAIN,
    broker: `pubsub.${DOMAIN}`,
    ca: ca.cert,
    pin: certificate.pin,
    dir,
    uploadHost: uploads === undefined ? undefined : `localhost:${uploads}`,
    get pid() {
      return server.pid
    },
    async register(user, password) {
      await control('register', user, DOMAIN, password)
    },
    async changePassword(user, password) {
      await control('change_password', user, DOMAIN, password)
    },
    start,
    stop: () => server.end('SIGTERM'),
    kill: () => server.end('SIGKILL'),
    async restart() {
      await broker.stop()
      await start()
    },
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    log: () => readFile(at('ejabberd.log'), 'utf8'),
    async dispose() {
      await server.end('SIGKILL')
      await rm(dir, { recursive: true, force: true })
      if (!options.pki) await pki.dispose()
    },
    [Symbol.asyncDispose]: () => broker.dispose(),
  }
  await start()
  for (const [user, password] of Object.entries(options.users ?? { gateway: 'gateway-secret' })) {
    await broker.register(user, password)
  }
  return broker
}

/** The environment ejabberdctl gives the server. */
function runtime(dir: string): Record<string, string> {
  return {
    EJABBERD_CONFIG_PATH: join(dir, 'ejabberd.yml'),
    EJABBERD_LOG_PATH: join(dir, 'ejabberd.log'),
    ERL_LIBS: `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
    ERL_INETRC: join(dir, 'inetrc'),
    ERL_CRASH_DUMP_BYTES: '0',
  }
}

async function idsOf(user: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([exec('id', ['-u', user]), exec('id', ['-g', user])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

function configuration(
  dir: string,
  port: number,
  directPort: number,
  options: BrokerOptions,
  uploads: number | undefined,
): string {
  const listener = (number: number, tls: string) => ({
    port: number,
    ip: '127.0.0.1',
    module: 'ejabberd_c2s',
    max_stanza_size: options.stanzaLimit ?? (options.stock ? 262_144 : 10_485_760),
    shaper: options.stock ? 'c2s_shaper' : 'none',
    access: 'c2s_all',
    [tls]: true,
    ...(options.external ? { tls_verify: true, cafile: join(dir, 'ca.pem') } : {}),
    ...(options.tls === '1.2' ? { protocol_options: ['no_sslv3', 'no_tlsv1', 'no_tlsv1_1', 'no_tlsv1_3'] } : {}),
  })
  if (options.example !== undefined) return fromExample(options.example, dir, port, directPort)
  const { acl, shaper_rules: freed } = parse(options.added ?? '{}') as Record<string, object>
  // JSON is YAML
  return JSON.stringify({
    hosts: [DOMAIN],
    loglevel: 'info',
    certfiles: [join(dir, 'server.pem')],
    ca_file: join(dir, 'ca.pem'),
    auth_method: ['internal'],
    auth_password_format: 'scram',
    auth_scram_hash: 'sha256',
    listen: [
      listener(port, 'starttls_required'),
      listener(directPort, 'tls'),
      ...(uploads === undefined
        ? []
        : [
            {
              port: uploads,
              ip: '127.0.0.1',
              module: 'ejabberd_http',
              tls: true,
              request_handlers: { '/upload': 'mod_http_upload' },
            },
          ]),
    ],
    access_rules: { c2s_all: [{ allow: 'all' }], pubsub_createnode: [{ allow: 'all' }] },
    acl: { admin: { user: [''] }, ...acl },
    shaper: { normal: { rate: 3_000, burst_size: 20_000 }, fast: 200_000 },
    shaper_rules: { max_user_sessions: 10, c2s_shaper: { none: 'admin', normal: 'all' }, ...freed },
    modules: {
      mod_admin_extra: {},
      mod_disco: {},
      mod_ping: {},
      mod_roster: {},
      ...(uploads !== undefined && {
        mod_http_upload: {
          host: `upload.${DOMAIN}`,
          access: 'c2s_all',
          docroot: join(dir, 'upload'),
          put_url: `https://localhost:${uploads}/upload`,
        },
      }),
      mod_pubsub: {
        host: `pubsub.${DOMAIN}`,
        access_createnode: 'pubsub_createnode',
        plugins: ['flat'],
        last_item_cache: false,
        max_items_node: options.maxItems ?? 10_000,
      },
    },
  })
}

/** All of it as people are given it, but for ports and where the certificate lies. */
function fromExample(example: string, dir: string, port: number, directPort: number): string {
  const whole = parse(example) as { readonly listen: readonly Record<string, unknown>[] }
  const [c2s = {}] = whole.listen
  const { starttls_required: _, ...direct } = c2s
  const listen = [
    { ...c2s, ip: '127.0.0.1', port },
    { ...direct, ip: '127.0.0.1', port: directPort, tls: true },
  ]
  return JSON.stringify({ ...whole, listen, certfiles: [join(dir, 'server.pem')] })
}
