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
