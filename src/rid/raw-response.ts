import { checkResource, type Refusal, refused } from './preconditions.ts'
import { renderProblem } from './problems.ts'

const NO_REQUEST = refused(400, 'Bad Request', 'This is no HTTP/1.1 request.')
const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', refused(408, 'Request Timeout', 'The request did not come in time.')],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', refused(413, 'Content Too Large', 'The chunk extensions are too long.')],
  [
    'HPE_HEADER_OVERFLOW',
    refused(431, 'Request Header Fields Too Large', 'The header fields are too long or too many.'),
  ],
])
/** what Node's parser says of a method that it does not know, and of one of RTSP's */
const UNKNOWN_METHOD = new Set(['HPE_INVALID_METHOD', 'HPE_INVALID_CONSTANT'])
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/1\.[01]\r\n/
/** bytes of a request line that are looked at */
const READ = 8192

/** How to refuse what Node's parser gave up on. A method that it does not know is refused as any other that is not RID's. */
export function refusalOf(code: string, error: Error): Refusal {
  const known = REFUSALS.get(code)
  if (known !== undefined) return known
  if (!UNKNOWN_METHOD.has(code)) return NO_REQUEST
  const [, method, target] = REQUEST_LINE.exec(brokenLine(error)) ?? []
  // a known method is the rest of a longer one, whose beginning came before
  return (method && target && checkResource(method, target)) || NO_REQUEST
}

/** From the beginning of the line at which the parser stopped. */
function brokenLine(error: Error): string {
  const { rawPacket, bytesParsed } = error as { rawPacket?: unknown; bytesParsed?: unknown }
  if (!Buffer.isBuffer(rawPacket) || typeof bytesParsed !== 'number') return ''
  const start = bytesParsed > 0 ? rawPacket.lastIndexOf('\n', bytesParsed - 1) + 1 : 0
  return rawPacket.toString('latin1', start, start + READ)
}

/** A whole answer, for what never became a request. The connection must end behind it. */
export function bareResponse({ problem, headers = {} }: Refusal, id: string, accept: string | undefined): Buffer {
  const { contentType, body } = renderProblem(problem, id, accept)
  const fields = { ...headers, 'content-type': contentType, 'content-length': body.length, connection: 'close' }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n`), body])
}
