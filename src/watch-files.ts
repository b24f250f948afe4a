import { statSync } from 'node:fs'

/**
 * Calls `changed` when one of the files was replaced or written: looked at every `ms`, since notifications miss what
 * certificate tools do with links. `files` may be others each time.
 */
export function watchFiles(files: () => readonly string[], ms: number, changed: () => void): Disposable {
  const look = () => files().map(stamp).join('|')
  let before = look()
  const timer = setInterval(() => {
    const now = look()
    if (now === before) return
    before = now
    changed()
  }, ms)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function stamp(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs}/${size}/${ino}`
  } catch {
    return 'gone'
  }
}
