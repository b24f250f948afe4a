import type { Clock } from '../../clock.ts'

/** ms between two looks at whether another process wrote */
const LOOK_AGAIN = 1000

/** Who wants to hear of what other processes write. */
interface Changes extends Disposable {
  on(listener: (change: 'anything') => void): Disposable
}

/** `version` changes with what others commit, and not with what this connection does. */
export function createChanges(clock: Clock, version: () => number): Changes {
  const open = new Set<AbortController>()

  async function watch(listener: (change: 'anything') => void, end: AbortSignal): Promise<void> {
    let before = look()
    while (!end.aborted) {
      await clock.sleep(LOOK_AGAIN, end)
      if (end.aborted) return
      const now = look()
      // where it cannot be known, whoever reads the queue sees why
      if (now === undefined || now !== before) listener('anything')
      before = now
    }
  }

  function look(): number | undefined {
    try {
      return version()
    } catch {
      return undefined
    }
  }

  return {
    on(listener) {
      const end = new AbortController()
      open.add(end)
      void watch(listener, end.signal)
      return {
        [Symbol.dispose]() {
          open.delete(end)
          end.abort()
        },
      }
    },
    [Symbol.dispose]() {
      for (const end of open) end.abort()
      open.clear()
    },
  }
}
