import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets a heap of 25 MiB grow to 75 before it looks at all of it: nearly all that it has grown by are reports that went out long
 * ago. At half as much again it looks once in some thousand reports, and holds less by as much. The small nursery that the launcher gives
 * is the main thread's: a thread that is started from now on has the one that it is given, and no text of a document lasts in it.
 */
export function keepHeapSmall(): void {
  // flags of this V8; another would say on standard error that it does not know them
  if (!process.versions.node.startsWith('24.')) return
  setFlagsFromString('--heap-growing-percent=50')
  setFlagsFromString('--max-semi-space-size=0')
}
