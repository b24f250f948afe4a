import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, type Logger } from '../src/log.ts'

/** The lines of a log, and the logger that writes them. */
function logged(): { log: Logger; lines: () => Record<string, unknown>[] } {
  const written: string[] = []
  const log = createLog('info', { write: (line: string) => written.push(line) })
  return { log, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

test('a line says its level, the time and what happened', () => {
  const { log, lines } = logged()
  log.debug('too small')
  log.warn({ topic: 'incident' }, 'Something happened')
  const [line, ...more] = lines()
  assert.deepEqual(more, [])
  assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual({ ...line, time: 0 }, { level: 'warn', time: 0, topic: 'incident', msg: 'Something happened' })
})

test('secrets and documents do not reach a line, as far down as two objects, in lists, or in what a child logger carries', () => {
  const { log, lines } = logged()
  log.child({ password: 'hidden', peer: 'a' }).info({
    xml: 'hidden',
    payload: Buffer.from('hidden'),
    request: { body: 'hidden', id: 1, headers: { authorization: 'hidden', accept: '*/*' } },
    tls: [{ key: 'hidden', passphrase: 'hidden' }],
  })
  const [line] = lines()
  assert.equal(JSON.stringify(line).includes('hidden'), false, JSON.stringify(line))
  assert.equal(JSON.stringify(line).includes(JSON.stringify([...Buffer.from('hidden')]).slice(1, -1)), false)
  assert.deepEqual(line?.request, {
    body: '[redacted]',
    id: 1,
    headers: { authorization: '[redacted]', accept: '*/*' },
  })
  assert.deepEqual([line?.peer, line?.password], ['a', '[redacted]'])
})

test('secrets do not reach a line in a child logger, on an error of any name, or out of toJSON', () => {
  const { log, lines } = logged()
  const child = log
    .child({ conn: { password: 'hidden', port: 1 }, list: [{ key: 'hidden' }] })
    .child({ more: { xml: 'hidden' } })
  child.info('child')
  log.info({ cause: Object.assign(new Error('below'), { password: 'hidden', socket: 'hidden' }) }, 'error')
  log.info({ options: { toJSON: () => ({ password: 'hidden', port: 2 }) }, at: new Date(0) }, 'toJSON')
  log.info({
    broken: {
      toJSON() {
        throw new Error('no')
      },
    },
  })
  const [first, second, third, fourth] = lines()
  assert.equal(JSON.stringify(lines()).includes('hidden'), false, JSON.stringify(lines(), null, 2))
  assert.deepEqual(first?.conn, { password: '[redacted]', port: 1 })
  assert.equal((second?.cause as { message: string } | undefined)?.message, 'below')
  assert.deepEqual([third?.options, third?.at], [{ password: '[redacted]', port: 2 }, '1970-01-01T00:00:00.000Z'])
  assert.equal(fourth?.broken, '[not shown: no]')
})

test('what is logged stays as it was', () => {
  const fields = { request: { body: 'kept' }, list: [{ key: 'kept' }] }
  logged().log.info(fields)
  assert.deepEqual(fields, { request: { body: 'kept' }, list: [{ key: 'kept' }] })
})

test('an error is written as name, code, message and stack, and not what hangs on it', () => {
  const { log, lines } = logged()
  const error = Object.assign(new Error('refused', { cause: new Error('below') }), { code: 'E1', socket: 'hidden' })
  log.error({ err: error }, 'Failed')
  log.error({ nested: { error } }, 'Failed')
  const [line, nested] = lines()
  const { stack, ...rest } = (line?.err ?? {}) as Record<string, unknown>
  assert.deepEqual(rest, { type: 'Error', code: 'E1', message: 'refused', cause: 'below' })
  assert.match(String(stack), /log\.test/)
  assert.equal(nested?.msg, 'Failed')
})

test('a line holds nothing that a terminal obeys or shows in another order, and says the same', () => {
  const written: string[] = []
  const log = createLog('info', { write: (line: string) => written.push(line) })
  const reason = 'a\u001b[2J\u009b2J\u0085\u007f\u061c\u200e\u200f\u202e\u2066\u2028z'
  log.child({ peer: reason }).info({ reason, err: new Error(reason) }, reason)
  assert.equal(written.length, 1)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
  assert.doesNotMatch(written[0] ?? '', /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
  const line = JSON.parse(written[0] ?? '')
  for (const said of [line.reason, line.msg, line.peer, line.err.message]) assert.equal(said, reason)
})
