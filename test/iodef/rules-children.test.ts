import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CHILD_RULES } from '../../src/iodef/rules-children.ts'
import { breaches } from './breaches.ts'

const said = (xml: string) => breaches(CHILD_RULES, xml)

describe('classes that must have a child', () => {
  test('say which, and by which section', () => {
    assert.deepEqual(said('<Contact/>'), ['MUST §3.9: Contact needs at least one child element.'])
    assert.deepEqual(said('<Node/>'), ['MUST §3.18: Node needs at least one DomainData or Address.'])
    assert.deepEqual(said('<Application/>'), [
      'MUST §2.15: Application needs at least one SoftwareReference, URL or Description.',
    ])
    assert.deepEqual(said('<RecordData/>'), [
      'MUST §3.22.1: RecordData needs at least one RecordItem, URL, FileData, WindowsRegistryKeysModified, CertificateData or AdditionalData.',
    ])
    assert.deepEqual(said('<HashData/>'), ['MUST §3.26: HashData needs at least one Hash or FuzzyHash.'])
  })

  for (const name of Object.keys(CHILD_RULES)) {
    test(`${name}: nothing, white space and text are no child`, () => {
      for (const content of ['', ' \n', 'text', '<!-- <URL/> -->']) {
        const [line, ...more] = said(`<${name}>${content}</${name}>`)
        assert.match(line ?? '', new RegExp(`^MUST §[\\d.]+: ${name} needs at least one `), content)
        assert.deepEqual(more, [])
      }
    })
  }

  test('that need one of some are not content with another, nor with one of another namespace', () => {
    assert.equal(said('<Node><Location>x</Location></Node>').length, 1)
    assert.equal(said('<Node><Address xmlns="urn:x"/></Node>').length, 1)
    assert.deepEqual(said('<Node><Location>x</Location><Address>::1</Address></Node>'), [])
  })

  test('that need any take any, of any namespace', () => {
    assert.deepEqual(said('<Method><x xmlns="urn:x"/></Method>'), [])
    assert.deepEqual(said('<Observable><Address>::1</Address></Observable>'), [])
  })
})
