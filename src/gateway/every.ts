/** Calls `work` every `ms`, one at a time; `work` deals with its own errors. */
export function every(ms: number, work: () => Promise<void>): Disposable {
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    void work().finally(() => {
      busy = false
    })
  }, ms)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Calls `work` once within `ms` of being asked to, however often that is. */
export function within(ms: number, work: () => void): Disposable & { ask(): void } {
  let timer: NodeJS.Timeout | undefined
  const done = () => {
    timer = undefined
    work()
  }
  return {
    ask() {
      timer ??= setTimeout(done, ms).unref()
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
