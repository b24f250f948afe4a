import { resolve } from 'node:path'
import { dns } from './fields.ts'
import { type Path, pathText } from './problems.ts'
import { at, list } from './tree.ts'

/** A file that the configuration names. */
export interface NamedFile {
  /** key path, as `rid.tls.cert` */
  readonly path: string
  /** absolute */
  readonly file: string
  /** of its key in the configuration, from 1 */
  readonly line?: number | undefined
  /** the DNS name that peers look for in it */
  readonly name?: string
  /** what the certificate in it must be allowed to be for (RFC 5280 §4.2.1.12) */
  readonly purposes?: Readonly<Partial<Record<Purpose, 'needed' | 'unused'>>>
}

export type Purpose = 'server' | 'client'

const PATHS: readonly Path[] = [
  ['rid', 'tls', 'cert'],
  ['rid', 'tls', 'key'],
  ['rid', 'tls', 'ca'],
  ['rid', 'tls', 'crl'],
  ['grid', 'tls', 'cert'],
  ['grid', 'tls', 'key'],
  ['grid', 'tls', 'ca'],
  ['grid', 'tls', 'crl'],
  ['grid', 'upload', 'ca'],
  ['grid', 'auth', 'password', 'file'],
  ['ops', 'token', 'file'],
  ['store', 'password', 'file'],
  ['store', 'tls', 'ca'],
  ['store', 'tls', 'cert'],
  ['store', 'tls', 'key'],
  ['store', 'path'],
  ['audit', 'path'],
]

const OF_PEER = [
  ['identity', 'basic', 'password', 'file'],
  ['basic', 'password', 'file'],
]

/** Read from the tree as written, so that `check` opens the files even where other parts of the configuration are wrong. */
export function namedFiles(tree: unknown, folder: string): NamedFile[] {
  const ofPeers = list(at(tree, 'peers')).flatMap((_, i) => OF_PEER.map((tail): Path => ['peers', i, ...tail]))
  return [...PATHS, ...ofPeers].flatMap((path) => {
    const file = at(tree, ...path.map(String))
    if (typeof file !== 'string' || file === '') return []
    const key = pathText(path)
    // then it is no store, and may be there or not
    if (key === 'store.path' && at(tree, 'store', 'postgres') !== undefined) return []
    const name = key === 'rid.tls.cert' ? dns.safeParse(at(tree, 'rid', 'name')).data : undefined
    const purposes = purposesOf(key, tree)
    return [
      { path: key, file: resolve(folder, file), ...(name !== undefined && { name }), ...(purposes && { purposes }) },
    ]
  })
}

/** RFC 6546 §3: one certificate for both roles; nothing is sent to peers without a url. */
function purposesOf(key: string, tree: unknown): NamedFile['purposes'] {
  if (key === 'grid.tls.cert' || key === 'store.tls.cert') return { client: 'needed' }
  if (key !== 'rid.tls.cert') return undefined
  const peers = at(tree, 'peers')
  const sends = Array.isArray(peers) && peers.some((peer) => at(peer, 'url') !== undefined)
  return { server: 'needed', client: sends ? 'needed' : 'unused' }
}
