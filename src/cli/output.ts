import type { Writable } from 'node:stream'
import { GatewayError, messageOf } from '../errors.ts'
import { harmless, printable } from '../printable.ts'

export { harmless, printable }

/** What the commands say to whom. Exit codes: 0 done, 1 the answer is no, 2 bad usage or configuration, 3 out of reach. */
export interface Io {
  readonly out: Writable
  /** messages for people */
  readonly err: Writable
  readonly env: Readonly<Record<string, string | undefined>>
}

export type ExitCode = 0 | 1 | 2 | 3

export interface Command {
  readonly name: string
  /** one line, for the list of commands */
  readonly summary: string
  readonly usage: string
  /** for `--help`: paragraphs, options, examples */
  readonly help: string
  run(args: readonly string[], io: Io): Promise<ExitCode>
}

/** The command line was not understood: exit code 2, with the command's usage. */
export class UsageError extends Error {}

/** Resolves when the stream took the text: what was said is out before the process ends. */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

export function json(value: unknown): string {
  return `${harmless(JSON.stringify(value, null, 2))}\n`
}

/**
 * Columns padded to their widest entry, two spaces between; `rows` includes the heading. An entry wider than `widest` stands out and pads
 * no other.
 */
export function table(rows: readonly (readonly string[])[], widest?: number): string {
  return growingTable(widest)(rows)
}

/** The lines of one table, some rows at a time: no column is narrower than it was before. */
export function growingTable(widest = Number.POSITIVE_INFINITY): (rows: readonly (readonly string[])[]) => string {
  const widths: number[] = []
  return (rows) => {
    const lines = rows.map((row) => row.map(printable))
    for (const line of lines) {
      for (const [i, { length }] of line.entries()) widths[i] = Math.max(widths[i] ?? 0, length > widest ? 0 : length)
    }
    const padded = (line: readonly string[]) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')
    return lines.map((line) => `${padded(line).trimEnd()}\n`).join('')
  }
}

/** What was decided of one delivery or question. */
export interface Decided {
  readonly id: string
  readonly done: boolean
  readonly message: string
}

/** Says it of each; exit code 1 when one of them could not be done. */
export async function writeDecided(results: readonly Decided[], asJson: boolean, io: Io): Promise<ExitCode> {
  if (asJson) await write(io.out, json(results))
  else {
    for (const { id, done, message } of results) await write(done ? io.out : io.err, `${printable(id)}: ${message}\n`)
  }
  return results.every(({ done }) => done) ? 0 : 1
}

/** What went wrong, for people: without the sentence that says no more than that something did. */
export function reasonOf(error: unknown): string {
  const general = error instanceof GatewayError && error.code === 'internal' ? `${error.publicText} ` : ''
  return messageOf(error).replace(general, '')
}
