import { statfs } from 'node:fs/promises'
import { FINE, type Finding } from './readiness.ts'

export interface Space {
  /** bytes that the gateway may still write, and of the whole file system */
  readonly free: number
  readonly size: number
}

const MIB = 1_048_576
/** both must be undercut: a large disk has room in its last tenth, a small one may be meant so */
const LITTLE = 2048 * MIB
const SHARE = 0.1
/** a checkpoint and a few reports more, and the store can write no more */
const LEAST = 64 * MIB

/** The file system that `path` is on. */
export async function spaceAt(path: string): Promise<Space> {
  const { bavail, bsize, blocks } = await statfs(path)
  return { free: bavail * bsize, size: blocks * bsize }
}

export function diskFinding({ free, size }: Space): Finding {
  const left = `${Math.floor(free / MIB)} MiB are free where the store is.`
  if (free < LEAST)
    return { state: 'failed', reason: `${left} Once they are gone, reports are answered 503. Make room.` }
  if (free < LITTLE && free < SHARE * size) return { state: 'degraded', reason: `${left} Make room.` }
  return FINE
}
