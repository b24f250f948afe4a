/** What the demo prints: progress, two texts side by side, colours where a person watches. */
const tty = process.stdout.isTTY === true
const colours = tty && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
const paint = (code: string) => (text: string) => (colours && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text)

export const bold = paint('1')
export const dim = paint('2')
export const red = paint('31')
export const green = paint('32')
export const cyan = paint('36')

export function say(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** Says what begins, then how long it took. The line stands there while the work goes on. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  process.stdout.write(`  ${title} ${dim('...')}`)
  try {
    const result = await work()
    const note = typeof result === 'string' ? ` ${result}` : ''
    process.stdout.write(` ${green('done')}${note} ${dim(`${((performance.now() - began) / 1000).toFixed(1)} s`)}\n`)
    return result
  } catch (error) {
    process.stdout.write(` ${red('failed')}\n`)
    throw error
  }
}

interface Pane {
  readonly title: string
  readonly lines: readonly string[]
}

/** Columns of the terminal, within what two panes of XML can be read in. */
function columns(): number {
  const width = process.stdout.columns ?? Number(process.env.COLUMNS)
  return Math.min(200, Math.max(80, Number.isFinite(width) && width > 0 ? width : 120))
}

/** Two panes beside each other; long lines go on below, indented. */
export function sideBySide(left: Pane, right: Pane, width = columns()): string {
  const each = Math.floor((width - 3) / 2)
  const [a, b] = [left, right].map(({ lines }) => lines.flatMap((line) => wrap(line, each)))
  const rows = Array.from({ length: Math.max(a?.length ?? 0, b?.length ?? 0) }, (_, i) =>
    `${pad(a?.[i] ?? '', each)} ${dim('│')} ${b?.[i] ?? ''}`.trimEnd(),
  )
  const head = `${bold(pad(clip(left.title, each), each))} ${dim('│')} ${bold(clip(right.title, each))}`
  return [head, dim(`${'─'.repeat(each + 1)}┼${'─'.repeat(each + 1)}`), ...rows].join('\n')
}

/** Rows of at most `width` cells; breaks before a space or a tag where the row is at least half full. */
function wrap(line: string, width: number): string[] {
  const indent = Math.min((/^ */.exec(line)?.[0].length ?? 0) + 4, Math.floor(width / 2))
  const rows: string[] = []
  let rest = [...line]
  for (;;) {
    const fits = fitting(rest, width)
    if (fits === rest.length) return [...rows, rest.join('')]
    const least = Math.max(Math.floor(fits / 2), indent + 1)
    let at = fits
    while (at > least && rest[at] !== ' ' && rest[at] !== '<') at -= 1
    if (at === least) at = fits
    rows.push(rest.slice(0, at).join(''))
    rest = [...' '.repeat(indent), ...rest.slice(rest[at] === ' ' ? at + 1 : at)]
  }
}

/** How many of these characters fit into `width` cells. */
function fitting(characters: readonly string[], width: number): number {
  let used = 0
  const over = characters.findIndex((character) => {
    used += widthOf(character)
    return used > width
  })
  return over < 0 ? characters.length : over
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].reduce((sum, c) => sum + widthOf(c), 0)))
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** East Asian wide characters take two cells. */
function widthOf(character: string): number {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(character)
    ? 2
    : 1
}
