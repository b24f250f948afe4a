/** Questions that are being asked: what answers one may come before the word that it will. */
export interface Asking {
  /** Until it is disposed of, leg `n` of the exchange is being asked. */
  begin(exchange: string, n: number): Disposable
  has(exchange: string, n: number): boolean
}

export function createAsking(): Asking {
  const under = new Set<string>()
  const key = (exchange: string, n: number) => `${exchange} ${n}`
  return {
    begin(exchange, n) {
      under.add(key(exchange, n))
      return { [Symbol.dispose]: () => void under.delete(key(exchange, n)) }
    },
    has: (exchange, n) => under.has(key(exchange, n)),
  }
}
