import type { LineCounter, YAMLParseError, YAMLWarning } from 'yaml'

interface Wrong {
  readonly message: string
  /** from 1 */
  readonly line: number
}

interface Place {
  readonly lines: readonly string[]
  /** lines from 1: where it begins, and where it ends */
  readonly line: number
  readonly end: number
  /** what stands there */
  readonly word: string
}

/**
 * What is wrong in a text that is no YAML, for people who do not know its grammar. One mistake makes a parser stumble again and again
 * behind it, so that only the first of syntax is told, with every key that is there twice.
 */
export function yamlWords(
  errors: readonly (YAMLParseError | YAMLWarning)[],
  text: string,
  counter: LineCounter,
): Wrong[] {
  const lines = text.split('\n')
  const doubled = errors.filter(({ code }) => code === 'DUPLICATE_KEY')
  const first = errors.find(({ code }) => code !== 'DUPLICATE_KEY')
  // of a line that is indented too far the second error says where
  const second = errors.find(({ code }) => code === 'MULTILINE_IMPLICIT_KEY')
  const told = [
    ...doubled,
    ...(first === undefined ? [] : [first.code === 'BLOCK_AS_IMPLICIT_KEY' ? (second ?? first) : first]),
  ]
  return told
    .map((error) => {
      const [from, to] = error.pos
      const place = {
        lines,
        line: counter.linePos(from).line,
        end: counter.linePos(Math.max(from, to - 1)).line,
        word: /^[^\s:,]+/.exec(text.slice(from))?.[0] ?? '',
      }
      return words(error, place)
    })
    .sort((a, b) => a.line - b.line)
}

function words(error: YAMLParseError | YAMLWarning, { lines, line, end, word }: Place): Wrong {
  const at = (message: string, where = line): Wrong => ({ message, line: where })
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return at(`"${word}" stands there twice: a key may be there once, so take one out`)
    case 'MULTIPLE_DOCS':
      return at('there are two documents in it: take out the line "---", or what is behind it')
    case 'TAB_AS_INDENT':
      return at('a tab stands where a line is indented: indent with spaces')
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return shifted(lines, line, end) ?? at(NESTED)
    case 'BAD_INDENT':
      if (/^Flow (map|sequence)/.test(error.message)) return at(unclosed(error.message))
      return at('what belongs together must be indented alike: its lines must begin at the same column')
    default:
      return at(error.message)
  }
}

const NESTED =
  'a key cannot stand here: a line is indented too far (keys that belong together begin at the same column), or a value with a colon and a space in it lacks quotes'

/** Two lines that were taken for one. */
function shifted(lines: readonly string[], line: number, end: number): Wrong | undefined {
  const [one = '', other = ''] = [lines[line - 1], lines[end - 1]]
  const glued = /^\s*(?:- )?([\w-]+):(?=[^\s/])(.*)$/.exec(one)
  if (glued) return { message: `behind the colon of a key there must be a space: "${glued[1]}: ${glued[2]}"`, line }
  const [before, here] = [indent(one), indent(other)]
  if (end === line || before === here) return undefined
  const message = `this line is indented by ${here}, the one before it by ${before}: keys that belong together begin at the same column`
  return { message, line: end }
}

function indent(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0
}

function unclosed(message: string): string {
  return message.startsWith('Flow map')
    ? 'a mapping that begins with { must end with }, as { a: b }'
    : 'a list that begins with [ must end with ], as [a, b]'
}
