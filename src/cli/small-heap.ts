import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets a heap of 25 MiB grow to 75 before it looks at all of it: nearly all that it has grown by are reports that went out long
 * ago. At half as much again it looks once in some thousand reports, and holds less by as much.
 */
export function keepHeapSmall(): void {
  // a flag of this V8; another would say on standard error that it does not know it
  if (process.versions.node.startsWith('24.')) setFlagsFromString('--heap-growing-percent=50')
}
