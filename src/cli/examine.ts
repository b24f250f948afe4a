import type { Loaded } from '../config/config.ts'
import type { Problem } from '../config/problems.ts'
import type { Restricted } from '../config/restricted.ts'
import { missingFrom } from '../iodef/restriction.ts'
import { checkFiles, type FileFinding } from './check-files.ts'

/** What there is to say of a configuration and the files that it names, without going online. */
interface Examined {
  /** it cannot start, or would be refused */
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly notes: readonly Problem[]
}

/** Changes nothing. `now` in ms since the epoch. */
export function examine({ problems, warnings, notes, files, restricted }: Loaded, now: number): Examined {
  const found = checkFiles(files, now)
  const of = (...kinds: FileFinding['kind'][]): Problem[] =>
    found.filter((f) => kinds.includes(f.kind)).map(({ kind: _, ...problem }) => problem)
  return {
    problems: [...problems, ...of('problem', 'refused')],
    warnings: [...warnings, ...of('warning')],
    notes: [...notes, ...unlabelled(restricted)],
  }
}

/** RFC 7970 §3.3.1: an Incident without restriction is private. Many legacy tools never write one. */
function unlabelled(restricted: readonly Restricted[]): Problem[] {
  return restricted.flatMap(({ path, kind, restrictions }) => {
    if (missingFrom(restrictions, ['private']) === undefined) return []
    const fate = kind === 'topic' ? 'denied on the way to it' : 'withheld from it'
    const message = `does not list private: reports whose Incident has no restriction attribute count as private and are ${fate}`
    return [{ path: `${path}.restrictions`, message }]
  })
}
