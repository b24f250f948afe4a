/** What a tutorial has one type. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const TUTORIALS = ['prosody', 'ejabberd'] as const
export type Tutorial = (typeof TUTORIALS)[number]

export interface Step {
  /** the heading above it */
  readonly title: string
  readonly commands: string
}

/** Every block of commands of docs/tutorial-NAME.md, in order. */
export function readSteps(root: string, name: Tutorial): Step[] {
  const text = readFileSync(join(root, `docs/tutorial-${name}.md`), 'utf8')
  let title = ''
  const steps: Step[] = []
  for (const [, heading, commands] of text.matchAll(/^## ([^\n]+)$|^```sh\n(.*?)^```$/gms)) {
    title = heading ?? title
    if (commands !== undefined) steps.push({ title, commands })
  }
  return steps
}

/** One script of them: it stops at the first command that fails, and says in which step. */
export function scriptOf(steps: readonly Step[]): string {
  const said = steps.map(({ title, commands }) => `echo '=== ${title}'\n${commands}`)
  return `set -euo pipefail\n${said.join('\n')}\n`
}

/** The commands below `<!-- MARK -->` in a page. */
export function markedBlock(root: string, file: string, mark: string): string {
  const [, commands] = readFileSync(join(root, file), 'utf8').split(`<!-- ${mark} -->\n\`\`\`sh\n`)
  if (commands === undefined) throw new Error(`${file} has no commands that are marked "${mark}"`)
  return commands.slice(0, commands.indexOf('\n```\n') + 1)
}
