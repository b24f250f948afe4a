import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from '../failure-words.ts'

const execute = promisify(execFile)

/** days */
const CA_LASTS = 3650
const CERTIFICATE_LASTS = 730

/** A private CA: paths of its certificate and key, both PEM. */
interface Ca {
  readonly cert: string
  readonly key: string
}

/** A new private CA whose name is `name`. Rejects where there is no openssl, or it fails. */
export async function createCa(name: string, { cert, key }: Ca): Promise<void> {
  await newKey(key)
  const profile = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  const days = ['-days', String(CA_LASTS)]
  await openssl(['req', '-x509', '-new', '-key', key, '-out', cert, '-subj', subject(name), ...days, ...profile])
}

/** A new key, and a certificate for that DNS name by the CA, for servers and clients (RFC 6546 §3: one for both roles). */
export async function issue(ca: Ca, dns: string, { cert, key }: Ca): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'iodef-gateway-'))
  try {
    const request = join(dir, 'request.pem')
    const extensions = join(dir, 'extensions.cnf')
    await requestFor(dns, request, key)
    await writeFile(extensions, `${profileOf(dns).join('\n')}\n`)
    const by = ['-CA', ca.cert, '-CAkey', ca.key, '-set_serial', `0x${randomBytes(15).toString('hex')}`]
    const days = ['-days', String(CERTIFICATE_LASTS)]
    await openssl(['x509', '-req', '-in', request, '-out', cert, '-sha256', '-extfile', extensions, ...by, ...days])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** A new key, and a request for such a certificate, for a CA that is somebody else's. */
export async function requestFor(dns: string, request: string, key: string): Promise<void> {
  await newKey(key)
  const extensions = profileOf(dns).flatMap((line) => ['-addext', line])
  await openssl(['req', '-new', '-key', key, '-out', request, '-subj', subject(dns), ...extensions])
}

/** A common name has at most 64 characters (RFC 5280, ub-common-name), and a DNS name may have 253; who looks for it looks elsewhere. */
function subject(name: string): string {
  return `/CN=${name.slice(0, 64)}`
}

function profileOf(dns: string): string[] {
  return [
    `subjectAltName=DNS:${dns}`,
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth,clientAuth',
  ]
}

async function newKey(file: string): Promise<void> {
  // private before the key is in it
  await writeFile(file, '', { mode: 0o600, flag: 'wx' })
  await openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file])
  await chmod(file, 0o600)
}

async function openssl(args: readonly string[]): Promise<void> {
  try {
    await execute('openssl', [...args], { timeout: 60_000 })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Error('openssl is needed to make certificates: apt-get install openssl')
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : ''
    throw new Error(`openssl ${args[0]} failed: ${said}`)
  }
}
