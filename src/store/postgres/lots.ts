/** questions in one journey to the server */
const MOST = 64
/** ms that those behind a lot wait for it: a server that says nothing may never answer it */
const PATIENCE = 1000

/**
 * `ask` answers several questions, each at its place; what this gives asks it one. What comes in one turn of the event loop, or while a lot is under
 * way, is asked together: so no answer is of before its question. A lot that fails fails for all who are in it.
 */
export function inLots<In, Out>(
  ask: (questions: readonly In[]) => Promise<readonly Out[]>,
): (question: In) => Promise<Out> {
  let waiting: { readonly question: In; readonly resolve: (answer: Promise<Out>) => void }[] = []
  let isUnderWay = false

  async function askAll(): Promise<void> {
    await new Promise(setImmediate)
    while (waiting.length > 0) {
      const lot = waiting.slice(0, MOST)
      waiting = waiting.slice(MOST)
      const answers = ask(lot.map(({ question }) => question))
      for (const [n, { resolve }] of lot.entries()) resolve(answers.then((all) => all[n]!))
      await overWithin(PATIENCE, answers)
    }
    isUnderWay = false
  }

  return (question) => {
    const answer = new Promise<Out>((resolve) => waiting.push({ question, resolve }))
    if (!isUnderWay) void askAll()
    isUnderWay = true
    return answer
  }
}

async function overWithin(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([late, work.catch(() => undefined)])
  clearTimeout(timer)
}
