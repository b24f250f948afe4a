/** What a store tells. */
export interface StoreNews {
  'store-opened': { readonly path: string }
  'checkpoints-in-commits': { readonly err: unknown }
}
