import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { PAGES, page, ROOT } from './markdown.ts'

const RECIPES = PAGES.filter((file) => /^docs\/recipes\/(?!README)/.test(file))

describe('the recipes', () => {
  test('are all in the list, and the list has no other', () => {
    const listed = [...page('docs/recipes/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, file]) => file)
    assert.deepEqual(listed.map((file) => `docs/recipes/${file}`).sort(), RECIPES)
    assert.ok(RECIPES.length >= 7)
  })

  for (const file of RECIPES) {
    test(`${file} names files that are there, and the tests that prove it`, () => {
      const named = [...page(file).matchAll(/`((?:src|test|docs|fixtures|schemas|examples|scripts)\/[\w./-]*)`/g)]
      const paths = named.map(([, path = '']) => path).filter((path) => !path.includes('NAME'))
      assert.deepEqual(
        paths.filter((path) => !existsSync(join(ROOT, path))),
        [],
      )
      // a word in parentheses behind a file stands in it
      for (const [, path = '', word = ''] of page(file).matchAll(/`((?:src|test)\/[\w./-]+\.ts`) \(`(\w+)`\)/g))
        assert.ok(readFileSync(join(ROOT, path.slice(0, -1)), 'utf8').includes(word), `${path} has ${word}`)
      const proof = page(file).slice(page(file).indexOf('\nProof:'))
      assert.match(proof, /`test\/[\w./-]+\.ts`/)
    })
  }
})
