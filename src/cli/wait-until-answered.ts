import type { Callback } from './await-callback.ts'
import type { ExitCode } from './output.ts'
import type { Answers } from './send-answer.ts'

/** ms without another message behind which an answer is taken for whole: it may have several (RFC 6545 §7.4) */
const QUIET = 2_000

interface Waiting extends AsyncDisposable {
  take(callback: Callback): Promise<void>
  /** How the command ends, once the answer is whole or the time over. */
  end(): Promise<ExitCode>
}

/** Waits `ms` for the answer that was promised; an Acknowledgement that does not deny is none. */
export function waitUntilAnswered(ms: number, answers: Answers): Waiting {
  const over = Promise.withResolvers<void>()
  let exit: ExitCode | undefined
  let quiet: NodeJS.Timeout | undefined
  let most: NodeJS.Timeout | undefined
  return {
    async take(callback) {
      const { outcome, exit: found } = await answers.callback(callback)
      if (outcome === 'pending') return
      // of several one that holds something is enough
      exit = exit === 0 ? 0 : found
      clearTimeout(quiet)
      quiet = setTimeout(over.resolve, QUIET)
    },
    async end() {
      most = setTimeout(over.resolve, ms)
      await over.promise
      if (exit === undefined) await answers.note('nothing came in that time; the answer may come later still')
      return exit ?? 3
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(quiet)
      clearTimeout(most)
    },
  }
}
