import { execFile } from 'node:child_process'
import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** What a test certificate says. `cn` alone gives no subjectAltName. */
export interface CertificateRequest {
  readonly cn: string
  /** dNSName entries of subjectAltName */
  readonly dns?: readonly string[]
  /** iPAddress entries of subjectAltName */
  readonly ip?: readonly string[]
  /** id-on-xmppAddr otherName entries (RFC 6120 §13.7.1.4) */
  readonly xmpp?: readonly string[]
  /** id-on-dnsSRV otherName entries (RFC 4985), as `_xmpp-client.grid.example` */
  readonly srv?: readonly string[]
  /** validity from now, days [30] */
  readonly days?: number
  /** valid from 1999 to 2000 */
  readonly expired?: boolean
  /** extended key usage: both unless one is set */
  readonly client?: boolean
  readonly server?: boolean
}

/** Paths of PEM files, and what tests compare. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** certificate and key in one file, as ejabberd wants them */
  readonly bundle: string
  /** SHA-256 of the certificate, `AB:CD:...` */
  readonly fingerprint256: string
  /** `sha256/` and the base64 SHA-256 of the SubjectPublicKeyInfo */
  readonly pin: string
  readonly serial: string
}

interface CrlOptions {
  readonly expired?: boolean
  readonly seconds?: number
}

export interface Authority {
  readonly name: string
  /** the CA certificate, PEM file */
  readonly cert: string
  readonly key: string
  issue(request: CertificateRequest): Promise<Certificate>
  /**
   * A CRL (PEM file, a new one at each call) that lists `revoked`; `expired` puts its nextUpdate into the past, `seconds` [a day] so far
   * into the future.
   */
  crl(revoked: readonly Certificate[], options?: CrlOptions): Promise<string>
  /** An authority below this one: what it issues has its certificate with it. */
  intermediate(name: string, options?: { readonly days?: number }): Promise<Authority>
}

export interface Pki extends AsyncDisposable {
  readonly dir: string
  /** A self-signed root. The same name gives the same authority. */
  ca(name?: string): Promise<Authority>
  dispose(): Promise<void>
}

/** A throw-away public key infrastructure in a temp directory. Keys are EC P-256. */
export async function createPki(): Promise<Pki> {
  const dir = await mkdtemp(join(tmpdir(), 'pki-'))
  const authorities = new Map<string, Promise<Authority>>()
  const dispose = () => rm(dir, { recursive: true, force: true })
  return {
    dir,
    ca(name = 'root') {
      const known = authorities.get(name)
      if (known) return known
      const created = createAuthority(join(dir, `ca-${authorities.size}`), name)
      authorities.set(name, created)
      return created
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

interface Issuer {
  readonly cert: string
  readonly key: string
  /** PEM of the authorities between what it issues and the root */
  readonly chain: string
}

async function createAuthority(dir: string, name: string): Promise<Authority> {
  await mkdir(dir, { recursive: true })
  const ca: Issuer = { cert: join(dir, 'ca.pem'), key: join(dir, 'ca.key'), chain: '' }
  await generateKey(ca.key)
  await openssl(
    ['req', '-x509', '-new', '-key', ca.key, '-out', ca.cert, '-days', '30', '-subj', subject(name)],
    ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  )
  return authorityOf(ca, dir, name)
}

function authorityOf(ca: Issuer, dir: string, name: string): Authority {
  let issued = 0
  let lists = 0
  return {
    name,
    ...ca,
    issue(request) {
      issued += 1
      return issue(ca, join(dir, `leaf-${issued}`), issued, request)
    },
    crl(revoked, options = {}) {
      lists += 1
      return revoke(ca, join(dir, `crl-${lists}`), lists, revoked, options)
    },
    async intermediate(cn, { days = 30 } = {}) {
      issued += 1
      const below = join(dir, `ca-${issued}`)
      const { cert, key } = await issue(ca, below, issued, { cn, days }, AUTHORITY)
      return authorityOf({ cert, key, chain: await readFile(cert, 'utf8') }, below, cn)
    },
  }
}

const AUTHORITY = 'basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\n'

async function issue(
  ca: Issuer,
  dir: string,
  serial: number,
  request: CertificateRequest,
  extension = extensions(request),
): Promise<Certificate> {
  await mkdir(dir, { recursive: true })
  const [key, req, cert, bundle, ext] = ['key.pem', 'req.pem', 'cert.pem', 'bundle.pem', 'ext.cnf'].map((f) =>
    join(dir, f),
  ) as [string, string, string, string, string]
  await generateKey(key)
  await writeFile(ext, extension)
  await openssl(['req', '-new', '-key', key, '-out', req, '-subj', subject(request.cn)])
  const config = await caConfig(dir, '', 0x1000 + serial)
  const from = request.expired ? '19990101000000Z' : '20200101000000Z'
  const to = request.expired ? '20000101000000Z' : stamp(Date.now() + (request.days ?? 30) * 86_400_000)
  await openssl(
    ['ca', '-batch', '-notext', '-config', config, '-name', 'ca', '-cert', ca.cert, '-keyfile', ca.key],
    ['-in', req, '-out', cert, '-extfile', ext, '-startdate', from, '-enddate', to],
  )
  const pem = (await readFile(cert, 'utf8')) + ca.chain
  await writeFile(cert, pem)
  await writeFile(bundle, pem + (await readFile(key, 'utf8')))
  const x509 = new X509Certificate(pem)
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' })
  const pin = `sha256/${createHash('sha256').update(spki).digest('base64')}`
  return { cert, key, bundle, fingerprint256: x509.fingerprint256, pin, serial: x509.serialNumber }
}

async function revoke(
  ca: Issuer,
  dir: string,
  number: number,
  revoked: readonly Certificate[],
  { expired = false, seconds = 86_400 }: CrlOptions,
) {
  await mkdir(dir, { recursive: true })
  const out = join(dir, 'list.pem')
  const lines = revoked.map((c) => `R\t491231235959Z\t200101000000Z\t${c.serial}\tunknown\t/CN=revoked\n`)
  const config = await caConfig(dir, lines.join(''), 0x1000 + number)
  await openssl(
    ['ca', '-gencrl', '-config', config, '-name', 'ca', '-cert', ca.cert, '-keyfile', ca.key, '-out', out],
    expired
      ? ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z']
      : ['-crlsec', String(seconds)],
  )
  return out
}

/** The extension section of a certificate. The values go through a file, so any of them may hold commas. */
function extensions(request: CertificateRequest): string {
  const names = [
    ...(request.dns ?? []).map((name, i) => `DNS.${i} = ${name}`),
    ...(request.ip ?? []).map((address, i) => `IP.${i} = ${address}`),
    ...[
      ...(request.xmpp ?? []).map((address) => `1.3.6.1.5.5.7.8.5;UTF8:${address}`),
      ...(request.srv ?? []).map((name) => `1.3.6.1.5.5.7.8.7;IA5:${name}`),
    ].map((other, i) => `otherName.${i} = ${other}`),
  ]
  const both = !request.client && !request.server
  const usage = [...(both || request.server ? ['serverAuth'] : []), ...(both || request.client ? ['clientAuth'] : [])]
  return [
    'basicConstraints = CA:FALSE',
    'keyUsage = digitalSignature',
    `extendedKeyUsage = ${usage.join(',')}`,
    ...(names.length > 0 ? ['subjectAltName = @names', '[names]', ...names] : []),
    '',
  ].join('\n')
}

/** One `openssl ca` database per certificate and list, so that they can be made at the same time. */
async function caConfig(dir: string, index: string, serial: number): Promise<string> {
  const at = (file: string) => join(dir, file)
  await writeFile(at('index.txt'), index)
  await writeFile(at('index.txt.attr'), 'unique_subject = no\n')
  await writeFile(at('serial'), serial.toString(16))
  await writeFile(
    at('ca.cnf'),
    [
      '[ca]',
      `database = ${at('index.txt')}`,
      `serial = ${at('serial')}`,
      `crlnumber = ${at('serial')}`,
      `new_certs_dir = ${dir}`,
      'default_md = sha256',
      'policy = any',
      '[any]',
      'commonName = supplied',
      '',
    ].join('\n'),
  )
  return at('ca.cnf')
}

function generateKey(file: string): Promise<void> {
  return openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file])
}

async function openssl(...args: readonly (readonly string[])[]): Promise<void> {
  await exec('openssl', args.flat())
}

function subject(cn: string): string {
  return `/CN=${cn.replace(/[/+\\]/g, (c) => `\\${c}`)}`
}

/** GeneralizedTime, as `openssl ca` takes it. */
function stamp(ms: number): string {
  return `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
}
