/** What a store tells. */
export interface StoreNews {
  'store-opened': { readonly path: string }
  /** to another form; `version`: that of its tables, `bytes`: of all of it */
  'store-upgrading': { readonly path: string; readonly version: number; readonly bytes: number }
  /** the tables are those of a newer gateway, which works beside this one */
  'store-newer': { readonly version: number; readonly ours: number }
  'checkpoints-in-commits': { readonly err: unknown }
  /** `seconds` that the first of its writes waited */
  'store-committed': { readonly writes: number; readonly seconds: number }
}
