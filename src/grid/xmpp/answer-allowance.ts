/** Characters that answers to strangers may have at once, and a second: of the 3 kB/s that a stock server grants, a sixth. */
const AT_ONCE = 32_768
const PER_SECOND = 512
/** what an answer has beside the id and the address that a stranger chooses */
const EACH = 400

/**
 * How much of the line answers to strangers may take. Every question has a right to one (RFC 6120 §8.2.3), but whoever asks without an
 * end, with three characters of answer for each of question, would have the line that reports need: it gets no more (§13.12). `own`: the
 * addresses of the server and the Broker, which have no bound. `now` in ms.
 */
export function createAnswerAllowance(
  own: readonly string[],
  now: () => number = () => performance.now(),
): (question: { readonly from?: string | undefined; readonly id?: string | undefined }) => boolean {
  let left = AT_ONCE
  let since = now()
  return ({ from = '', id = '' }) => {
    if (from === '' || own.includes(from)) return true
    const at = now()
    left = Math.min(AT_ONCE, left + ((at - since) * PER_SECOND) / 1_000)
    since = at
    const cost = EACH + from.length + id.length
    if (cost > left) return false
    left -= cost
    return true
  }
}
