import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../src/log.ts'
import { textLine } from '../src/log-text.ts'

const TIME = '2026-11-26T14:03:01.123Z'

function text(fields: object, colour = false): string {
  return textLine(
    `${JSON.stringify({ level: 'warn', time: TIME, event: 'peer-away', msg: 'It happened', ...fields })}\n`,
    colour,
  )
}

test('a line has time, level, sentence and fields', () => {
  assert.equal(
    text({ peer: 'csirt-a', status: 200, list: ['x'], note: 'two words', none: '' }),
    `14:03:01 warn  It happened  peer=csirt-a  status=200  list="[\\"x\\"]"  note="two words"  none=""\n`,
  )
})

test('an error is its message, without the stack', () => {
  assert.match(text({ err: { type: 'Error', message: 'no space', stack: 'at x' } }), / err="no space"\n$/)
})

test('a stranger can neither begin a line nor rewrite the terminal', () => {
  const shown = text({ peer: 'a\n14:03:01 info all is well\u001b[2J', msg: 'x\r\u001b[1Ay' })
  assert.equal(shown.split('\n').length, 2)
  assert.ok(!shown.includes('\u001b') && !shown.includes('\r'))
})

test('colours are for levels alone, and only when asked for', () => {
  assert.equal(text({}, true), '14:03:01 \u001b[33mwarn \u001b[0m It happened\n')
  assert.match(text({ level: 'info' }, true), /^14:03:01 info {2}It happened\n$/)
})

test('what is no line of the log stays as it is', () => {
  assert.equal(textLine('no JSON\n'), 'no JSON\n')
})

test('the log of a terminal is text, with the same lines left out', () => {
  const lines: string[] = []
  const log = createLog('info', { write: (line: string) => lines.push(textLine(line)) })
  log.debug({ event: 'x' }, 'hidden')
  log.info({ event: 'y', password: 'secret' }, 'shown')
  assert.match(lines.join(''), /^\d\d:\d\d:\d\d info {2}shown {2}password=\[redacted\]\n$/)
})
