import { GatewayError } from '../errors.ts'
import { createReader, type Reader } from '../reading/reader.ts'
import { repairHint } from '../reading/repair-table.ts'
import type { Diagnostic } from '../xml/tree.ts'
import { readInput, UnreadableError } from './input.ts'
import { parse } from './options.ts'
import { type Command, type ExitCode, json, printable, reasonOf, UsageError, write } from './output.ts'

/** One file's verdict, as `--json` prints it. */
interface Verdict {
  readonly file: string
  readonly valid: boolean
  readonly format: string
  readonly errors: readonly Diagnostic[]
  readonly warnings: readonly Diagnostic[]
  /** why a RID message holds no document; only people are told so apart from the warnings */
  readonly lacks?: string
}

/** Files read ahead of the one whose verdict is printed next. */
const AHEAD = 8

export const validate: Command = {
  name: 'validate',
  summary: 'says of each file whether it is valid IODEF 2, IODEF 1 or RID, and why not',
  usage: 'iodef-gateway validate [--json] [--strict] FILE...',
  help: `
The root element decides what a file is checked as: IODEF 2 (RFC 7970), IODEF 1 (RFC 5070), RID (RFC 6545, with the document
inside) or an XEP-0268 payload. Errors and warnings have line, column and reason. Needs no network: the schemas are built in.
"-" reads standard input. Exit code 1 when a file is not valid or cannot be read.

      --strict   what RFC 7970's text demands and no schema can state is an error, not a warning
      --json     [{"file", "valid", "format", "errors": [{"line", "column", "message"}], "warnings": [...]}]

  iodef-gateway validate report.xml
  iodef-gateway validate --json reports/*.xml | jq -r '.[] | select(.valid | not) | .file'
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals: files } = parse(args, { json: { type: 'boolean' }, strict: { type: 'boolean' } })
    if (files.length === 0) throw new UsageError('which file?')
    // a person waits for these documents, so there is more time than for a stranger's
    await using reader = createReader({ deadlineMs: 60_000 })
    const verdicts: Verdict[] = []
    for await (const verdict of inOrder(files, (file) => examine(reader, file, values.strict === true))) {
      verdicts.push(verdict)
      if (!values.json) await write(io.out, describe(verdict))
    }
    if (values.json) await write(io.out, json(verdicts.map(({ lacks: _, ...verdict }) => verdict)))
    return verdicts.every((verdict) => verdict.valid) ? 0 : 1
  },
}

async function examine(reader: Reader, file: string, strict: boolean): Promise<Verdict> {
  try {
    const found = await reader.inspect(await readInput(file), { strict, advice: true, lenient: false })
    const { valid, format, errors, more, improper = [], rid } = found
    // valid is what schemas and RFC 7970 say; whether a message may be sent so is another matter
    const refused = improper.map((d) => ({ ...d, message: `${d.message} The gateway refuses such a message.` }))
    const repair = repairHint(found.repairable)
      .trim()
      .replace(/^\((.*)\)$/, 'A peer or Topic with $1.')
    const repairable = repair === '' ? [] : [{ line: 0, column: 0, message: repair }]
    const warnings = [...refused, ...found.warnings, ...repairable]
    const rest = more === 0 ? [] : [{ line: 0, column: 0, message: `and ${more} more errors` }]
    const told = { errors: [...errors.toSorted(byPlace), ...rest], warnings: warnings.toSorted(byPlace) }
    return { file, valid, format, ...told, ...(typeof rid?.lacks === 'string' && { lacks: rid.lacks }) }
  } catch (error) {
    // a fault of ours says nothing about the file
    if (error instanceof GatewayError && error.permanence === 'transient') throw error
    const message = error instanceof UnreadableError ? `cannot be read: ${error.message}` : reasonOf(error)
    return { file, valid: false, format: 'unknown', errors: [{ line: 0, column: 0, message }], warnings: [] }
  }
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return a.line - b.line || a.column - b.column
}

/** Works on several at a time, and yields the results in the order of the inputs. */
async function* inOrder<T, R>(inputs: readonly T[], work: (input: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  for (const input of inputs) {
    running.push(work(input))
    if (running.length >= AHEAD) yield await (running.shift() as Promise<R>)
  }
  for (const result of running) yield await result
}

/** `FILE:LINE:COLUMN: error: REASON`, which editors can follow, then the verdict. */
function describe({ file, valid, format, errors, warnings, lacks }: Verdict): string {
  const name = file === '-' ? 'standard input' : file === '' ? '""' : printable(file)
  const lines = (word: string, list: readonly Diagnostic[]) =>
    list.map(({ line, column, message }) => {
      const place = line === 0 ? '' : `:${line}${column === 0 ? '' : `:${column}`}`
      return `${name}${place}: ${word}: ${printable(message)}\n`
    })
  const what = format === 'unknown' ? '' : ` ${format}`
  return [
    ...lines('error', errors),
    ...lines('warning', warnings),
    `${name}: ${valid ? 'valid' : 'not valid'}${what}${lacks === undefined ? '' : `; it holds no IODEF-Document: ${printable(lacks)}`}\n`,
  ].join('')
}
