import { XMLBuilder } from 'fast-xml-parser'
import { spelledOut } from '../printable.ts'
import type { Problem } from './contract.ts'

interface RenderedProblem {
  readonly contentType: 'application/problem+xml' | 'application/problem+json'
  readonly body: Buffer
}

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', suppressEmptyNode: false })

/**
 * RFC 9457 problem details: XML (its Appendix B, where an array is an element of `i` elements), or JSON where `accept` prefers
 * it. `id` names the request, so that both ends can find it in their logs.
 */
export function renderProblem(problem: Problem, id: string, accept: string | undefined): RenderedProblem {
  const { title, status, detail, errors = [], more } = problem
  const fields = {
    type: 'about:blank',
    title: spelledOut(title),
    status,
    ...(detail === undefined ? {} : { detail: spelledOut(detail) }),
    instance: `urn:uuid:${id}`,
  }
  const list = errors.map(({ line, column, message }) => ({ line, column, reason: spelledOut(message) }))
  const rest = more === undefined || more === 0 ? {} : { more }
  if (prefersJson(accept)) {
    const json = { ...fields, ...(list.length > 0 ? { errors: list } : {}), ...rest }
    return { contentType: 'application/problem+json', body: Buffer.from(JSON.stringify(json)) }
  }
  const problemElement = {
    '@xmlns': 'urn:ietf:rfc:7807',
    ...fields,
    ...(list.length > 0 ? { errors: { i: list } } : {}),
    ...rest,
  }
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ problem: problemElement })}`
  return { contentType: 'application/problem+xml', body: Buffer.from(xml) }
}

/**
 * Whether Accept (RFC 9110 §12.5.1) ranks JSON above XML. At the same weight a type that is named goes before one that only a
 * wildcard takes: JSON and anything else, as many HTTP libraries write it, asks for JSON.
 */
export function prefersJson(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const weights = new Map(accept.split(',').map(readRange))
  const rank = (named: readonly string[]) => {
    const ranges = [...named, 'application/*', '*/*']
    const range = ranges.find((type) => weights.has(type))
    if (range === undefined) return { weight: 0, named: false }
    return { weight: weights.get(range) ?? 0, named: !range.endsWith('*') }
  }
  const json = rank(['application/problem+json', 'application/json'])
  const xml = rank(['application/problem+xml', 'application/xml', 'text/xml'])
  if (json.weight !== xml.weight) return json.weight > xml.weight
  return json.weight > 0 && json.named && !xml.named
}

function readRange(range: string): [string, number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  const weight = q === undefined ? 1 : Number(q.slice(2))
  return [type, Number.isFinite(weight) ? weight : 0]
}
