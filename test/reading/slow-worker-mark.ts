import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A thread has the number of its process, and nothing of its environment. */
export const MARK = join(tmpdir(), `slow-worker-${process.pid}`)
