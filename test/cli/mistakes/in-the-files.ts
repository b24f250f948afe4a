import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { copied } from './copied.ts'
import type { Mistake } from './mistake.ts'

/** Mistakes in what the configuration names, and in what it says of it. */
export const IN_THE_FILES: readonly Mistake[] = [
  {
    name: 'a path that leads nowhere',
    swap: ['cert: tls/rid.pem', 'cert: tls/rdi.pem'],
    kind: 'problem',
    key: 'rid.tls.cert',
    says: /^cannot read .*tls\/rdi\.pem: no such file or directory/,
  },
  {
    name: 'a folder in place of a file',
    swap: ['key: tls/rid.key', 'key: tls'],
    kind: 'problem',
    key: 'rid.tls.key',
    says: /^cannot read .*tls: it is a directory/,
  },
  {
    name: 'certificate and key swapped',
    text: (good) =>
      good.replace('cert: tls/rid.pem', 'cert: tls/rid.key').replace('key: tls/rid.key', 'key: tls/rid.pem'),
    kind: 'problem',
    key: 'rid.tls.cert',
    at: 'cert: tls/rid.key',
    says: /rid\.key is a private key, no certificate: are the two swapped\?$/,
  },
  {
    name: 'the key of another certificate',
    files: async ({ rid, at }) => copied((await rid.issue({ cn: 'other' })).key, at('tls/rid.key')),
    kind: 'problem',
    key: 'rid.tls.key',
    at: 'key: tls/rid.key',
    says: /is not the key of the first certificate in cert.*openssl/,
  },
  {
    name: 'a certificate in DER',
    files: async ({ at }) => writeFile(at('tls/rid.pem'), new X509Certificate(await readFile(at('tls/rid.pem'))).raw),
    kind: 'problem',
    key: 'rid.tls.cert',
    at: 'cert: tls/rid.pem',
    says: /is in DER, not in PEM: openssl x509 -inform DER -in .*rid\.pem -out/,
  },
  {
    name: 'a key with a passphrase',
    files: async ({ at }) => {
      const format = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const
      const pem = createPrivateKey(await readFile(at('tls/rid.key'))).export(format)
      await writeFile(at('tls/rid.key'), pem, { mode: 0o600 })
    },
    kind: 'problem',
    key: 'rid.tls.key',
    at: 'key: tls/rid.key',
    says: /is encrypted: the gateway takes keys without passphrase.*openssl pkey -in .*rid\.key/,
  },
  {
    name: 'a certificate past its time',
    files: async ({ rid, at }) => {
      const { cert, key } = await rid.issue({ cn: 'gateway.example', dns: ['gateway.example'], expired: true })
      await copied(cert, at('tls/rid.pem'))
      await copied(key, at('tls/rid.key'))
    },
    kind: 'problem',
    key: 'rid.tls.cert',
    at: 'cert: tls/rid.pem',
    says: /expired on 2000-01-01/,
  },
  {
    name: 'a revocation list past its time',
    files: async ({ rid, at }) => copied(await rid.crl([], { expired: true }), at('tls/peers.crl')),
    kind: 'problem',
    key: 'rid.tls.crl',
    at: 'crl: tls/peers.crl',
    says: /expired at 2020-01-02.*until it is renewed, every peer is refused/,
  },
  {
    name: 'a certificate without the name',
    files: async ({ rid, at }) => {
      const { cert, key } = await rid.issue({ cn: 'gateway.example', days: 300 })
      await copied(cert, at('tls/rid.pem'))
      await copied(key, at('tls/rid.key'))
    },
    kind: 'warning',
    key: 'rid.tls.cert',
    at: 'cert: tls/rid.pem',
    says: /does not hold the DNS name gateway\.example of rid\.name.*subjectAltName.*-copy_extensions copy/,
  },
  {
    name: 'a certificate for servers alone, where something is sent',
    files: async ({ rid, at }) => {
      const { cert, key } = await rid.issue({ cn: 'gateway', dns: ['gateway.example'], days: 300, server: true })
      await copied(cert, at('tls/rid.pem'))
      await copied(key, at('tls/rid.key'))
    },
    kind: 'problem',
    key: 'rid.tls.cert',
    at: 'cert: tls/rid.pem',
    says: /is no client's certificate: its extended key usage lacks clientAuth, so whoever it is shown to refuses it/,
  },
  {
    name: "a peer's certificate in place of its CA",
    files: async ({ rid, at }) =>
      copied((await rid.issue({ cn: 'csirt-a', dns: ['csirt-a.example'], days: 300 })).cert, at('tls/peers-ca.pem')),
    kind: 'problem',
    key: 'rid.tls.ca',
    at: 'ca: tls/peers-ca.pem',
    says: /is no CA: it is the certificate of csirt-a\..*the CA that issued it.*fingerprint/,
  },
  {
    name: 'the two CAs swapped',
    text: (good) =>
      good
        .replace('ca: tls/peers-ca.pem', 'ca: tls/x')
        .replace('ca: tls/grid-ca.pem', 'ca: tls/peers-ca.pem')
        .replace('tls/x', 'tls/grid-ca.pem'),
    kind: 'warning',
    key: 'rid.tls.ca',
    at: 'ca: tls/grid-ca.pem\n',
    says: /did not issue rid\.tls\.cert, and grid\.tls\.ca did: are the two swapped\?/,
  },
  {
    name: 'a revocation list of another CA',
    files: async ({ grid, at }) => copied(await grid.crl([], { seconds: 30 * 86_400 }), at('tls/peers.crl')),
    kind: 'problem',
    key: 'rid.tls.crl',
    at: 'crl: tls/peers.crl',
    says: /has no list of the CA "CN=peers" in rid\.tls\.ca: every peer that it certified is refused\. Add its list/,
  },
  {
    name: 'an empty password file',
    files: ({ at }) => writeFile(at('gateway.password'), ''),
    kind: 'problem',
    key: 'grid.auth.password.file',
    at: 'auth:',
    says: /gateway\.password is empty.*one line/,
  },
  {
    name: 'a token of the page that can be guessed',
    swap: ['port: 9590 }', 'port: 9590, token: { file: ops.token } }'],
    files: ({ at }) => writeFile(at('ops.token'), 'letmein\n', { mode: 0o600 }),
    kind: 'problem',
    key: 'ops.token.file',
    at: 'ops:',
    says: /ops\.token holds less than 16 characters, which can be guessed: openssl rand -hex 24/,
  },
  {
    name: 'a store where nothing can be made',
    swap: ['path: data/gateway.db', 'path: /proc/iodef-gateway/gateway.db'],
    kind: 'problem',
    key: 'store.path',
    says: /^nothing can be made in \/proc: .*own it/,
  },
  {
    name: 'a folder for a store',
    files: async ({ at }) => void (await mkdir(at('data/gateway.db'))),
    kind: 'problem',
    key: 'store.path',
    at: 'store:',
    says: /gateway\.db is not a file.*path of the file/,
  },
  {
    name: "another program's SQLite database for a store",
    files: ({ at }) => copied(new URL('other.sqlite', import.meta.url).pathname, at('data/gateway.db')),
    kind: 'problem',
    key: 'store.path',
    at: 'store:',
    says: /gateway\.db is a database of another program.*another path/,
  },
  {
    name: 'a store that is no database',
    files: ({ at }) => writeFile(at('data/gateway.db'), 'gateway: store\n', { mode: 0o600 }),
    kind: 'problem',
    key: 'store.path',
    at: 'store:',
    says: /gateway\.db is not an SQLite database.*another path/,
  },
  {
    name: 'an audit log where nothing can be made',
    swap: ['store: { path: data/gateway.db }', 'store: { path: data/gateway.db }\naudit: { path: /proc/audit/log }'],
    kind: 'problem',
    key: 'audit.path',
    at: 'audit:',
    says: /^nothing can be made in \/proc: .*own it/,
  },
  {
    name: 'a folder for an audit log',
    swap: ['store: { path: data/gateway.db }', 'store: { path: data/gateway.db }\naudit: { path: data }'],
    files: async ({ at }) => void (await mkdir(at('data'), { recursive: true })),
    kind: 'problem',
    key: 'audit.path',
    at: 'audit:',
    says: /data is not a file.*path of the file/,
  },
  {
    name: 'a store without path',
    swap: ['store: { path: data/gateway.db }', 'store: {}'],
    kind: 'problem',
    key: 'store',
    at: 'store:',
    says: /^needs path or postgres/,
  },
  {
    name: 'no password file',
    files: ({ at }) => rm(at('gateway.password')),
    kind: 'problem',
    key: 'grid.auth.password.file',
    at: 'auth:',
    says: /^cannot read .*gateway\.password: no such file or directory/,
  },
]
