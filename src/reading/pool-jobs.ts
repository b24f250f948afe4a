import type { Worker } from 'node:worker_threads'

export interface Job<Request, Response> {
  readonly request: Request
  readonly weight: number
  readonly owner: string | undefined
  readonly bounded: boolean
  /** who takes turns: small and big jobs of one owner are two, since the thread for small ones serves only the one */
  readonly claimant: string
  /** it was in a message whose thread failed: it may have been the cause */
  suspect: boolean
  /** it failed once, alone */
  failed: boolean
  resolve(response: Response): void
  reject(error: unknown): void
}

/** A thread and what it has to do. */
export interface Slot<Request, Response> {
  worker: Worker | undefined
  ready: boolean
  jobs: Job<Request, Response>[]
  timer: NodeJS.Timeout | undefined
  /** ms: when it was given its jobs */
  since: number
}
