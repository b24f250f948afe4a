import * as f from './fields.ts'
import { secret } from './shared-keys.ts'

/** What is written of where the store is. */
export const store = f
  .needed('{ path: FILE } or { postgres: URL }', {
    path: f.file
      .exactOptional()
      .describe('SQLite file; its directory is created. With postgres: beside this stands the socket of reload'),
    postgres: f.postgresUrl
      .exactOptional()
      .describe('database in PostgreSQL, which several gateways may share: postgres://USER@HOST[,HOST]/DATABASE'),
    schema: f.sqlName.prefault('iodef_gateway').describe('of the tables in that database'),
    password: secret('a password').exactOptional().describe('of that user'),
    tls: f
      .mapping({
        ca: f.file.exactOptional().describe('PEM: the CAs that the servers must be certified by'),
        cert: f.file.exactOptional().describe('PEM: our certificate, where the servers ask for one'),
        key: f.file.exactOptional().describe('PEM: its private key'),
      })
      .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'needs both of cert and key, or none')
      .exactOptional()
      .describe('TLS with servers on this machine, too; those elsewhere are never spoken to without'),
  })
  .refine(({ path, postgres }) => path !== undefined || postgres !== undefined, 'needs path or postgres')
  .meta({ minProperties: 1 })

/** Is each of these hosts this machine? */
export function isLocal(url: string): boolean {
  return hostsOf(url).every((host) => /^(?:localhost|127\.\d+\.\d+\.\d+)$/.test(host))
}

function hostsOf(url: string): string[] {
  const [, hosts = ''] = /^postgres:\/\/[^@/]+@([^/]+)\//.exec(url) ?? []
  return hosts.split(',').map((host) => host.replace(/:\d+$/, ''))
}
