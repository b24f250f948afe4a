import { GatewayError } from '../../errors.ts'

/** Rejects with 'store-unavailable' after `ms`: a network that loses everything says nothing. */
export async function inTime<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new GatewayError('store-unavailable', `PostgreSQL did not answer within ${ms / 1000} s: ${what}.`))
    }, ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
