const DAY = 86_400_000

/** How long the document of a delivered or discarded delivery can still be shown. Keys and digests stay for ever. */
export const PAYLOAD_AGE = 30 * DAY
/** How long what is held under a name (HeldBound) waits for an operator. */
export const BOUND_AGE = 30 * DAY
export const TRACE_AGE = 400 * DAY
/** How long the items of a document are waited for. */
export const OPEN_AGE = DAY / 24
/** rows looked at per transaction */
export const STEP = 200
/** documents, each of hundreds of items, closed per transaction */
export const FEW = 20
