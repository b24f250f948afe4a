import { resolve } from 'node:path'
import { dns } from './fields.ts'
import { at } from './tree.ts'

/** A file that the configuration names. */
export interface NamedFile {
  /** key path, as `rid.tls.cert` */
  readonly path: string
  /** absolute */
  readonly file: string
  /** the DNS name that peers look for in it */
  readonly name?: string
}

const PATHS = [
  ['rid', 'tls', 'cert'],
  ['rid', 'tls', 'key'],
  ['rid', 'tls', 'ca'],
  ['rid', 'tls', 'crl'],
  ['grid', 'tls', 'cert'],
  ['grid', 'tls', 'key'],
  ['grid', 'tls', 'ca'],
  ['grid', 'auth', 'password', 'file'],
  ['store', 'path'],
]

/** Read from the tree as written, so that `check` opens the files even where other parts of the configuration are wrong. */
export function namedFiles(tree: unknown, folder: string): NamedFile[] {
  return PATHS.flatMap((path) => {
    const file = at(tree, ...path)
    if (typeof file !== 'string' || file === '') return []
    const key = path.join('.')
    const name = key === 'rid.tls.cert' ? dns.safeParse(at(tree, 'rid', 'name')).data : undefined
    return [{ path: key, file: resolve(folder, file), ...(name !== undefined && { name }) }]
  })
}
