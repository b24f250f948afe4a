import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { locate } from '../../src/xml/locate.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const root = scan(
  `<IODEF-Document xmlns="urn:i">
 <Incident/>
 <Incident><p:x xmlns:p="urn:p"/><Contact/>
  <p:x xmlns:p="urn:p"/></Incident>
</IODEF-Document>`,
)
const at = (path: string | undefined) => {
  const { element } = locate(root, path)
  return element === undefined ? 'unknown' : `${element.line}:${element.column}`
}

describe('the place of what libxml2 complains of', () => {
  test('is that of the element on its path', () => {
    assert.equal(at('/*'), '1:1')
    assert.equal(at('/*/*[1]'), '2:2')
    assert.equal(at('/*/*[2]/*[2]'), '3:34')
  })

  test('is counted among those of its name where the path has names', () => {
    assert.equal(at('/*/*[2]/p:x[1]'), '3:12')
    assert.equal(at('/*/*[2]/p:x[2]'), '4:3')
    assert.equal(at('/*/*[2]/p:x'), '3:12')
  })

  test('is that of the element whose attribute it is', () => {
    assert.equal(at('/*/*[2]/@purpose'), '3:2')
    assert.equal(at('/*/*[2]/@p:purpose'), '3:2')
  })

  test('is unknown where the path leads nowhere, or there is none', () => {
    for (const path of [undefined, '/*/*[3]', '/*/p:y', '', '/@x']) assert.equal(at(path), 'unknown', String(path))
  })

  test('comes with the element around it', () => {
    assert.equal(locate(root, '/*/*[2]/p:x[2]').parent, locate(root, '/*/*[2]').element)
    assert.equal(locate(root, '/*').parent, undefined)
  })
})
