/** Takes steps, each a commit of its own, until one finds fewer rows than it may take. Resolves with how many there were. */
export async function inSteps(most: number, step: () => Promise<number>): Promise<number> {
  let all = 0
  for (;;) {
    const rows = await step()
    all += rows
    if (rows < most) return all
  }
}
