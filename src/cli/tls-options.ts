import type { TlsFiles } from '../config/types.ts'
import { checkFiles } from './check-files.ts'
import { required } from './options.ts'
import { UsageError } from './output.ts'

/** For `parse`: the certificate, its key and the CA by which a RID system is spoken to. */
export const TLS = { cert: { type: 'string' }, key: { type: 'string' }, ca: { type: 'string' } } as const

/**
 * The files of `--cert`, `--key` and `--ca`. Throws UsageError where one is missing or no good: Node takes a CA file without a
 * certificate for good, and then trusts nobody.
 */
export function tlsOptions({ cert, key, ca }: Partial<Record<'cert' | 'key' | 'ca', string | undefined>>): TlsFiles {
  const tls = { cert: required(cert, '--cert PEM'), key: required(key, '--key PEM'), ca: required(ca, '--ca PEM') }
  checkNamed(tls)
  return tls
}

/** That of `--ca` alone, for a client that shows a password instead of a certificate. */
export function trustOptions({ ca }: { readonly ca?: string | undefined }): TlsFiles {
  const file = required(ca, '--ca PEM')
  checkNamed({ ca: file })
  return { cert: '', key: '', ca: file }
}

function checkNamed(files: Readonly<Record<string, string>>): void {
  const named = Object.entries(files).map(([option, file]) => ({ path: `tls.${option}`, file }))
  const problem = checkFiles(named, Date.now()).find(({ kind }) => kind === 'problem')
  if (problem !== undefined) throw new UsageError(`${problem.path.replace('tls.', '--')}: ${problem.message}`)
}
