interface Allowance {
  /** characters that answers may have at once */
  readonly atOnce: number
  readonly perSecond: number
}

/** of all strangers together: a sixth of the 3 kB/s that a stock server grants */
const STRANGERS: Allowance = { atOnce: 32_768, perSecond: 512 }
/** of each participant */
export const PARTICIPANT: Allowance = { atOnce: 262_144, perSecond: 4_096 }
/** what an answer has beside the id and the address that a stranger chooses */
const EACH = 400

/**
 * How much of the line answers to strangers may take. Every question has a right to one (RFC 6120 §8.2.3), but whoever asks without an
 * end, with three characters of answer for each of question, would have the line that reports need: it gets no more (§13.12). `own`: the
 * addresses of the server and the Broker, which have no bound. `now` in ms.
 */
export function createAnswerAllowance(
  own: readonly string[],
  { atOnce, perSecond }: Allowance = STRANGERS,
  now: () => number = () => performance.now(),
): (question: { readonly from?: string | undefined; readonly id?: string | undefined }) => boolean {
  let left = atOnce
  let since = now()
  return ({ from = '', id = '' }) => {
    if (from === '' || own.includes(from)) return true
    const at = now()
    left = Math.min(atOnce, left + ((at - since) * perSecond) / 1_000)
    since = at
    const cost = EACH + from.length + id.length
    if (cost > left) return false
    left -= cost
    return true
  }
}
