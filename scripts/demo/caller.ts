import { readFileSync } from 'node:fs'

/**
 * Calls `gone` when whoever started the demo is no more. npm passes signals to the shell it runs scripts with, and that shell
 * ends without telling its child; an npm that was killed tells nobody.
 */
export function watchCaller(gone: () => void): void {
  const ours = callers()
  const orphaned = process.env.npm_lifecycle_event === 'demo' && !commandOf(process.ppid).includes('demo')
  if (orphaned) gone()
  setInterval(() => {
    if (callers() !== ours) gone()
  }, 500).unref()
}

/** Process ids of the parent and its parent. */
function callers(): string {
  return `${process.ppid} ${/^PPid:\s*(\d+)/m.exec(read(process.ppid, 'status'))?.[1] ?? ''}`
}

function commandOf(pid: number): string {
  // where there is no /proc it is taken to be right
  return read(pid, 'cmdline') || 'demo'
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
