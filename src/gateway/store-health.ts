import { GatewayError, messageOf } from '../errors.ts'
import { FINE, type Finding, type ReadinessBoard } from '../ops/readiness.ts'
import type { Upkeep } from '../store/contract.ts'

/** What is wrong with the store itself, and not with one call of it. */
export function isStoreFault(error: unknown): boolean {
  return error instanceof GatewayError && (error.code === 'store-unavailable' || error.code === 'store-corrupt')
}

export function storeFinding(error: unknown): Finding {
  return { state: 'failed', reason: messageOf(error), stops: true }
}

export async function probeStore(store: Upkeep, readiness: ReadinessBoard): Promise<void> {
  try {
    await store.probe()
    readiness.set('store', FINE)
  } catch (error) {
    readiness.set('store', storeFinding(error))
  }
}
