export interface PoolOptions {
  readonly script: URL
  /** most threads; one of them is kept free for small jobs, so that a big document never makes small ones wait */
  readonly size: number
  /**
   * small jobs are for that thread alone, as long as it is done with them within so many ms: where all cores are at work, waking another
   * one costs more than it gains. A thread that is not there yet is started for them when it is not done within `startMs`. While they come
   * in numbers, an idle thread is woken for as many as came together last, or for those that came within `gatherMs`
   */
  readonly apart?: { readonly patienceMs: number; readonly startMs: number; readonly gatherMs?: number }
  /** ms without a job after which a thread is ended; the one that is kept free stays */
  readonly idleMs: number
  /** ms a job may take before its thread is ended */
  readonly deadlineMs: number
  /** MiB of JavaScript heap a thread may use */
  readonly heapMiB: number
  /** jobs that may wait */
  readonly maxWaiting: number
  /** weight (bytes) of the jobs of owners that may wait; one owner may have a quarter of it and of `maxWaiting` */
  readonly maxWaitingWeight: number
  /** weight (bytes) above which a job is big */
  readonly bigJob: number
  /** weight (bytes) of the small jobs that share a message; not less than `bigJob` */
  readonly together: number
  /** weight (bytes) after which a thread is replaced: WebAssembly memory never shrinks */
  readonly recycleAbove: number
}
