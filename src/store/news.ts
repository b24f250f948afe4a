/** What a store tells. */
export interface StoreNews {
  'store-opened': { readonly path: string }
  'checkpoints-in-commits': { readonly err: unknown }
  /** `seconds` that the first of its writes waited */
  'store-committed': { readonly writes: number; readonly seconds: number }
}
