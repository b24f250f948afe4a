import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { isFourthEditionName } from '../../src/xml/fourth-edition.ts'

test('every character counts as it does for expat', () => {
  // Python's expat is the system's, as that of Prosody, ejabberd and slixmpp
  const script = `
import json, sys
from xml.parsers import expat
def reads(text):
    try:
        expat.ParserCreate().Parse(text.encode(), True)
        return True
    except expat.ExpatError:
        return False
codes = [c for c in range(0x80, 0x10000) if not 0xd800 <= c < 0xe000] + list(range(0x10000, 0x110000, 251))
json.dump([c for c in codes if reads("<" + chr(c) + "/>")], sys.stdout)
sys.stdout.write("\\n")
json.dump([c for c in codes if reads("<a" + chr(c) + "/>")], sys.stdout)
`
  const output = execFileSync('/usr/bin/python3', ['-c', script], { encoding: 'utf8', maxBuffer: 16 << 20 })
  const [begin, goOn] = output.split('\n').map((line) => new Set(JSON.parse(line) as number[]))
  const codes = [...Array(0x10000).keys()].slice(0x80).filter((code) => code < 0xd800 || code >= 0xe000)
  for (let code = 0x10000; code < 0x110000; code += 251) codes.push(code)
  const character = (code: number) => String.fromCodePoint(code)
  assert.deepEqual(
    codes.filter((code) => isFourthEditionName(character(code)) !== begin?.has(code)),
    [],
  )
  assert.deepEqual(
    codes.filter((code) => isFourthEditionName(`a${character(code)}`) !== goOn?.has(code)),
    [],
  )
})
