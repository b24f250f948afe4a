import { createPrivateKey, type X509Certificate } from 'node:crypto'
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { NamedFile } from '../config/named-files.ts'
import { osReason } from '../config/problems.ts'
import { checkAuthorityPurposes, checkCertificates, checkCrl, checkPurposes, type Look } from './check-certificates.ts'

/**
 * One thing found in what the configuration names. `problem`: the gateway cannot start. `refused`: it can, and will be refused.
 */
export interface FileFinding {
  readonly kind: 'problem' | 'refused' | 'warning'
  /** key path */
  readonly path: string
  readonly message: string
}

/** Opens every file that the configuration names. Changes nothing. `now` in ms since the epoch. */
export function checkFiles(files: readonly NamedFile[], now: number): FileFinding[] {
  const found: FileFinding[] = []
  const certificates = new Map<string, X509Certificate | undefined>()
  for (const named of files) {
    const { path, file } = named
    const say = (kind: FileFinding['kind'], message: string) => void found.push({ kind, path, message })
    if (path === 'store.path') {
      checkStore(file, say)
      continue
    }
    const text = readText(file, say)
    if (text === undefined) continue
    const look: Look = { file, text, now, say }
    if (path.endsWith('.crl')) checkCrl(look)
    else if (path.endsWith('.password.file')) checkPassword(look)
    else if (path.endsWith('.key')) checkKey(look, certificates.get(path.replace(/key$/, 'cert')))
    // `cert` stands before `key` in what is named
    else certificates.set(path, checkHeld(look, named))
  }
  return found
}

/** The first certificate of a file, when there is one. */
function checkHeld(look: Look, { path, name, purposes }: NamedFile): X509Certificate | undefined {
  const held = checkCertificates(look, path.endsWith('.ca'))
  if (path === 'rid.tls.ca') checkAuthorityPurposes(look, held)
  const [first] = held
  if (first === undefined) return undefined
  if (purposes !== undefined) checkPurposes(look, first, purposes)
  if (name !== undefined) checkName(look, first, name)
  return first
}

/** RFC 6546 section 3: the server is known by a DNS-ID, never by its CN or a wildcard. */
function checkName({ file, say }: Look, certificate: X509Certificate, name: string): void {
  if (certificate.checkHost(name.replace(/\.$/, ''), { subject: 'never', wildcards: false }) !== undefined) return
  say(
    'warning',
    `${file} does not hold the DNS name ${name} of rid.name: peers that connect to that name will refuse it`,
  )
}

function checkKey({ file, text, say }: Look, certificate: X509Certificate | undefined): void {
  warnIfPublic(file, say)
  try {
    const key = createPrivateKey(text)
    if (certificate !== undefined && !certificate.checkPrivateKey(key)) {
      say('problem', `${file} is not the key of the first certificate in cert`)
    }
  } catch {
    const encrypted = text.includes('ENCRYPTED')
    say(
      'problem',
      `${file} ${encrypted ? 'is encrypted: the gateway takes keys without passphrase' : 'is no private key in PEM'}`,
    )
  }
}

function checkPassword({ file, text, say }: Look): void {
  warnIfPublic(file, say)
  const password = text.replace(/\r?\n$/, '')
  if (password === '') say('problem', `${file} is empty`)
  else if (/[\r\n]/.test(password)) say('problem', `${file} has more than one line`)
}

function warnIfPublic(file: string, say: Look['say']): void {
  if ((statSync(file).mode & 0o007) !== 0) say('warning', `${file} can be read by everybody on this machine: chmod 600`)
}

function checkStore(file: string, say: Look['say']): void {
  let target = file
  // the gateway makes what folders are missing
  while (!existsSync(target) && target !== dirname(target)) target = dirname(target)
  try {
    accessSync(target, constants.R_OK | constants.W_OK)
    if (target === file ? !statSync(file).isFile() : !statSync(target).isDirectory()) {
      say('problem', `${target} is not a ${target === file ? 'file' : 'directory'}`)
    } else if (target === file && !looksLikeDatabase(file)) {
      say('problem', `${file} is not an SQLite database`)
    }
  } catch (error) {
    say('problem', `cannot write ${target}: ${osReason(error)}`)
  }
}

/** https://sqlite.org/fileformat2.html §1.3; an empty file is a database, too. */
function looksLikeDatabase(file: string): boolean {
  const header = Buffer.alloc(16)
  const fd = openSync(file, 'r')
  try {
    const length = readSync(fd, header, 0, header.length, 0)
    return length === 0 || header.toString('latin1') === 'SQLite format 3\0'
  } finally {
    closeSync(fd)
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
