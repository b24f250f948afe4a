import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFileSharing, renderFileSharing, type SharedFile } from '../../src/profile/file-sharing.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const FILE: SharedFile = {
  name: 'a & "b".xml',
  size: 500_000,
  hash: Buffer.alloc(32, 1).toString('base64'),
  url: 'https://upload.example/a?b=1&c=2',
  encryptedHash: Buffer.alloc(32, 2).toString('base64'),
  key: Buffer.alloc(32, 3).toString('base64'),
  iv: Buffer.alloc(12, 4).toString('base64'),
}
const XML = renderFileSharing(FILE)
const read = (xml: string) => readFileSharing(scan(xml))

test('a file that is named is read again as it was', () => {
  assert.deepEqual(read(XML), FILE)
  assert.match(XML, /^<file-sharing xmlns="urn:xmpp:sfs:0" disposition="attachment">/)
})

test('what cannot be used says why', () => {
  const flaws = [
    [/<size>\d+</, '<size>many<', 'its size is no number'],
    [/<size>\d+</, '<size>-1<', 'its size is no number'],
    ['<file xmlns="urn:xmpp:file:metadata:0">', '<file xmlns="urn:x">', 'it has no file'],
    ['algo="sha-256"', 'algo="sha-1"', 'it has no hash by sha-256'],
    ['urn:xmpp:esfs:0', 'urn:x', 'it has no encrypted source'],
    ['aes-256-gcm', 'aes-128-gcm', 'its cipher is not urn:xmpp:ciphers:aes-256-gcm-nopadding:0'],
    [FILE.key, FILE.iv, 'its key has not 32 bytes, or its iv not 12'],
    [/(<hash[^>]*>)[^<]*(<\/hash><sources)/, '$1AA==$2', 'its encrypted source has no hash by sha-256'],
    ['https://upload.example', 'upload.example', 'its encrypted source has no URL'],
  ] as const
  for (const [from, to, why] of flaws) {
    const broken = XML.replace(from, to)
    assert.notEqual(broken, XML)
    assert.equal(read(broken), why)
  }
})
