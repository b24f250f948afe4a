import { resolve } from 'node:path'
import { at } from './tree.ts'

/** A file that the configuration names. */
export interface NamedFile {
  /** key path, as `rid.tls.cert` */
  readonly path: string
  /** absolute */
  readonly file: string
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
    return typeof file === 'string' && file !== '' ? [{ path: path.join('.'), file: resolve(folder, file) }] : []
  })
}
