import type { Context } from '../../src/profile/item.ts'

/** Of the only Incident of a document that says nothing else. */
export const BARE_CONTEXT: Context = {
  position: 1,
  items: [],
  list: null,
  shell: null,
  policy: null,
  incidentSource: null,
  original: null,
  signatures: [],
}
