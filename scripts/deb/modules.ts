/** What of node_modules a production installation has, by the lock file. */
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export interface Module {
  /** `node_modules/ajv/node_modules/fast-uri` */
  readonly path: string
  readonly version: string
}

interface Locked {
  readonly version: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly optional?: boolean
}

/** Every package of production that is installed; of the optional ones, those for other processors are not. */
export function productionModules(root: string): Module[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .filter(([path, { optional }]) => {
      if (existsSync(join(root, path))) return true
      if (optional === true) return false
      throw new Error(`${path} is not installed: npm ci brings it`)
    })
    .map(([path, { version }]) => ({ path, version }))
}

/** Copies one package without those inside it, and without what is for those only who build it, or against it. */
export function copyModule(root: string, { path }: Module, to: string): void {
  const node = basename(path).startsWith('node-linux-')
  cpSync(join(root, path), join(to, path), {
    recursive: true,
    filter: (source) => {
      const inside = source.slice(join(root, path).length + 1)
      if (/(^|\/)(node_modules|\.[^/]+)(\/|$)|\.d\.[cm]?ts$|\.map$/.test(inside)) return false
      if (/^(tests?|spec|integration|bench(marks?)?)(\/|$)/.test(inside)) return false
      return !(node && /^(include|share|CHANGELOG|README)/.test(inside))
    },
  })
}
