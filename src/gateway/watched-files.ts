import type { Config } from '../config/types.ts'

/** The grid side reads its own at each login: they are looked at for their dates. Hashes of passwords are read with the configuration. */
export function watchedFiles({ rid, grid, peers }: Config): string[] {
  const { cert, key, ca, crl } = rid.tls
  const hashes = peers.map(({ identity }) => identity.basic?.file)
  return [cert, key, ca, crl, grid.tls.cert, grid.tls.ca, grid.tls.crl, ...hashes].filter((file) => file !== undefined)
}
