import { createPrivateKey, type X509Certificate } from 'node:crypto'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readChain } from '../audit/chain.ts'
import type { NamedFile } from '../config/named-files.ts'
import { osReason } from '../config/problems.ts'
import { parsePasswordHash } from '../password-hash.ts'
import { storeFileKind, storeFiles } from '../store/open-store.ts'
import {
  checkAuthorities,
  checkAuthorityPurposes,
  checkCertificates,
  checkCrl,
  checkPurposes,
  type Look,
  REFUSED,
} from './check-certificates.ts'

/**
 * One thing found in what the configuration names. `problem`: the gateway cannot start. `refused`: it can, and will be refused.
 */
export interface FileFinding {
  readonly kind: 'problem' | 'refused' | 'warning'
  /** key path */
  readonly path: string
  readonly message: string
  /** of the key in the configuration */
  readonly line?: number
}

/** What the gateway itself writes, and how a file is looked at that is there already. */
const WRITTEN = new Map([
  ['store.path', checkStoreFile],
  ['audit.path', checkAuditLog],
])

/** Opens every file that the configuration names. Changes nothing. `now` in ms since the epoch. */
export function checkFiles(files: readonly NamedFile[], now: number): FileFinding[] {
  const found: FileFinding[] = []
  const certificates = new Map<string, readonly X509Certificate[]>()
  for (const named of files) {
    const { path, file, line } = named
    const say = (kind: FileFinding['kind'], message: string) =>
      void found.push({ kind, path, message, ...(line !== undefined && { line }) })
    const written = WRITTEN.get(path)
    if (written !== undefined) {
      checkWritten(file, written, say)
      continue
    }
    const text = readText(file, say)
    if (text === undefined) continue
    const look: Look = { file, text, now, say }
    if (path === 'rid.tls.crl') checkCrl(look, REFUSED.rid, certificates.get('rid.tls.ca'))
    else if (path === 'grid.tls.crl') checkCrl(look, REFUSED.grid, certificates.get('grid.tls.ca'))
    else if (/\.(?:password|token)\.file$/.test(path)) checkSecret(look, path)
    else if (path.endsWith('.key')) checkKey(look, certificates.get(path.replace(/key$/, 'cert'))?.[0])
    // `cert` stands before `key` in what is named
    else certificates.set(path, checkHeld(look, named))
  }
  const swapped = swappedAuthorities(certificates)
  const named = files.find(({ path }) => path === 'rid.tls.ca')
  if (swapped && named !== undefined) {
    const { path, file, line } = named
    const message = `${file} did not issue rid.tls.cert, and grid.tls.ca did: are the two swapped?`
    found.push({ kind: 'warning', path, message, ...(line !== undefined && { line }) })
  }
  return found
}

/** Nothing demands that our certificate and those of our peers are of one CA; but then it is not the Controller's. */
function swappedAuthorities(certificates: ReadonlyMap<string, readonly X509Certificate[]>): boolean {
  const own = certificates.get('rid.tls.cert') ?? []
  const issued = (path: string) =>
    (certificates.get(path) ?? []).some((ca) => own.some((link) => link.checkIssued(ca) && link.verify(ca.publicKey)))
  return issued('grid.tls.ca') && !issued('rid.tls.ca')
}

/** The certificates of a file. */
function checkHeld(look: Look, { path, name, purposes }: NamedFile): readonly X509Certificate[] {
  const held = checkCertificates(look, path.endsWith('.ca'))
  if (path === 'rid.tls.ca') checkAuthorityPurposes(look, held)
  if (path.endsWith('.ca')) checkAuthorities(look, held)
  const [first] = held
  if (first === undefined) return []
  if (purposes !== undefined) checkPurposes(look, first, purposes)
  if (name !== undefined) checkName(look, first, name)
  return held
}

/** RFC 6546 section 3: the server is known by a DNS-ID, never by its CN or a wildcard. */
function checkName({ file, say }: Look, certificate: X509Certificate, name: string): void {
  if (certificate.checkHost(name.replace(/\.$/, ''), { subject: 'never', wildcards: false }) !== undefined) return
  say(
    'warning',
    `${file} does not hold the DNS name ${name} of rid.name, so that peers that connect to that name refuse it: it must stand in subjectAltName (openssl x509 -req drops that of a request without -copy_extensions copy)`,
  )
}

function checkKey({ file, text, say }: Look, certificate: X509Certificate | undefined): void {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    say(
      'problem',
      `${file} is no private key in PEM${text.includes('-----BEGIN CERTIFICATE') ? ', but a certificate' : ''}`,
    )
    return
  }
  warnIfPublic(file, say)
  try {
    const key = createPrivateKey(text)
    if (certificate !== undefined && !certificate.checkPrivateKey(key)) {
      const remedy = 'both print the same with openssl x509 -noout -pubkey -in CERT and openssl pkey -pubout -in KEY'
      say('problem', `${file} is not the key of the first certificate in cert: of a pair, ${remedy}`)
    }
  } catch {
    const remedy = `take it off with openssl pkey -in ${file} -out new.key`
    const encrypted = `is encrypted: the gateway takes keys without passphrase; ${remedy}`
    say('problem', `${file} ${text.includes('ENCRYPTED') ? encrypted : 'cannot be read as a private key'}`)
  }
}

/** characters: what nobody guesses, at the few tries a minute that there are */
const LEAST_TOKEN = 16

function checkSecret({ file, text, say }: Look, path: string): void {
  warnIfPublic(file, say)
  if (path.endsWith('.identity.basic.password.file')) {
    if (parsePasswordHash(text.trim()) !== undefined) return
    say('problem', `${file} holds no hash of a password: it must hold what iodef-gateway passwd prints without USER`)
    return
  }
  const [what, least] = path === 'ops.token.file' ? (['token', LEAST_TOKEN] as const) : (['password', 1] as const)
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') say('problem', `${file} is empty: it must hold the ${what}, on one line`)
  else if (/[\r\n]/.test(secret)) say('problem', `${file} has more than one line: it must hold the ${what} alone`)
  else if (secret.length < least) {
    say(
      'problem',
      `${file} holds less than ${least} characters, which can be guessed: openssl rand -hex 24 prints better`,
    )
  }
}

function warnIfPublic(file: string, say: Look['say']): void {
  if ((statSync(file).mode & 0o007) !== 0) say('warning', `${file} can be read by everybody on this machine: chmod 600`)
}

const KINDS = {
  store: undefined,
  'newer-store': 'was written by a newer version of the gateway: install that, or start with another path',
  'other-database': 'is a database of another program: choose another path',
  'no-database': 'is not an SQLite database: choose another path',
} as const

/** A file that the gateway makes, and what is there of it already. */
function checkWritten(file: string, look: (file: string, say: Look['say']) => void, say: Look['say']): void {
  let target = file
  // the gateway makes what folders are missing
  while (!existsSync(target) && target !== dirname(target)) target = dirname(target)
  try {
    if (target === file) look(file, say)
    else if (!statSync(target).isDirectory()) say('problem', `${target} is not a directory`)
    else tryFolder(target, say)
  } catch (error) {
    say('problem', `cannot write ${target}: ${osReason(error)}: the user that the gateway runs as must own it`)
  }
}

function checkStoreFile(file: string, say: Look['say']): void {
  if (!statSync(file).isFile()) {
    say('problem', `${file} is not a file: store.path is the path of the file, as data/gateway.db`)
    return
  }
  accessSync(file, constants.R_OK | constants.W_OK)
  const wrong = KINDS[storeFileKind(file)]
  if (wrong !== undefined) say('problem', `${file} ${wrong}`)
  else for (const held of storeFiles(file)) if (existsSync(held)) warnIfPublic(held, say)
}

function checkAuditLog(file: string, say: Look['say']): void {
  if (!statSync(file).isFile()) {
    say('problem', `${file} is not a file: audit.path is the path of the file, as audit/audit.jsonl`)
    return
  }
  accessSync(file, constants.R_OK | constants.W_OK)
  const { broken } = readChain(readFileSync(file))
  if (broken === undefined) return
  const remedy = 'it was changed, or is another file: iodef-gateway audit verify'
  say('warning', `line ${broken.line} of ${file} ${broken.reason}; ${remedy}`)
}

/** Modes say little to root, and nothing of a file system that is for reading alone. */
function tryFolder(folder: string, say: Look['say']): void {
  try {
    rmdirSync(mkdtempSync(join(folder, '.iodef-gateway-')))
  } catch (error) {
    const remedy = 'choose a folder that can be written, and let the user that the gateway runs as own it'
    say('problem', `nothing can be made in ${folder}: ${osReason(error)}; ${remedy}`)
  }
}

function readText(file: string, say: Look['say']): string | undefined {
  try {
    if (statSync(file).size > 16_777_216) throw new Error('it is larger than 16 MiB')
    return readFileSync(file, 'utf8')
  } catch (error) {
    say('problem', `cannot read ${file}: ${osReason(error)}`)
    return undefined
  }
}
