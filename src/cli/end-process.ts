import { noneLoads, someLoad } from '../reading/end-thread.ts'

/** ms that threads get to load, which takes them a tenth of that: a process that ends meanwhile may crash instead */
const PATIENCE = 5_000

/** Ends the process with `code`: at once, but for threads that load. Other work goes on as long. */
export function endProcess(code: number): void {
  if (someLoad()) void noneLoads(PATIENCE).then(() => process.exit(code))
  else process.exit(code)
}
