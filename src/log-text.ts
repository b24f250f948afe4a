import { printable } from './printable.ts'

const COLOURS: Readonly<Record<string, string>> = { fatal: '31', error: '31', warn: '33', debug: '2', trace: '2' }

/**
 * A line of the log as a person at a terminal reads it: the time of day (UTC), level, sentence, fields. What stands in fields is a
 * stranger's: it can neither begin a line of its own nor rewrite the terminal.
 */
export function textLine(line: string, colour = false): string {
  const fields = parsed(line)
  if (fields === undefined) return line
  const { level, time, event: _, msg, err, ...rest } = fields
  const shown = Object.entries(rest).map(([key, value]) => `${key}=${valueText(value)}`)
  const failure = typeof err === 'object' && err !== null && 'message' in err ? [`err=${valueText(err.message)}`] : []
  const word = String(level)
  const paint = colour ? COLOURS[word] : undefined
  const name = paint === undefined ? word.padEnd(5) : `\u001b[${paint}m${word.padEnd(5)}\u001b[0m`
  const text = [printable(String(msg ?? '')), ...shown, ...failure].join('  ')
  return `${String(time).slice(11, 19)} ${name} ${text}\n`
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return printable(text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text)
}
