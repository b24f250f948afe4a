import { existsSync, readFileSync } from 'node:fs'
import { type Flaw, type Head, type Line, readChain } from './chain.ts'
import { olderFiles } from './files.ts'

interface InFile extends Flaw {
  readonly file: string
}

export interface Verified {
  readonly files: readonly string[]
  readonly entries: number
  readonly head: Head | undefined
  readonly broken: InFile | undefined
  /** lines that were cut short: said so of by a later entry, or the last of all */
  readonly torn: readonly InFile[]
  /** whether an entry has the hash that was asked for */
  readonly hasExpected: boolean
}

/** A log with its older files, the oldest first. */
export function filesOf(path: string): string[] {
  return [...olderFiles(path), ...(existsSync(path) ? [path] : [])]
}

/** Reads the files of one log, in order, as one chain. `each` is shown every entry. Throws what the system says. */
export function verify(files: readonly string[], expected?: string, each: (entry: Line) => void = () => {}): Verified {
  let head: Head | undefined
  let entries = 0
  let broken: InFile | undefined
  let hasExpected = expected === undefined
  const torn: InFile[] = []
  for (const [i, file] of files.entries()) {
    const reading = readChain(readFileSync(file), head, (entry, hash) => {
      hasExpected ||= hash === expected
      each(entry)
    })
    if (reading.broken !== undefined) broken ??= { file, ...reading.broken }
    torn.push(...reading.torn.map((flaw) => ({ file, ...flaw })))
    if (reading.tail.length > 0) {
      const line = reading.lines + 1
      const flaw = { file, line, reason: 'was not written to its end' }
      if (i === files.length - 1) torn.push(flaw)
      else broken ??= flaw
    }
    entries += reading.entries
    head = reading.head ?? head
  }
  return { files, entries, head, broken, torn, hasExpected }
}
