import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = new Map(
  globSync('{src,test,bench,scripts}/**/*.{ts,js,mjs}', { cwd: root }).map((file) => [
    file,
    readFileSync(join(root, file), 'utf8'),
  ]),
)

const REWRITTEN = 'its file is being rewritten: to be looked at with that'

/** By `file name`: why it is exported although nobody imports it. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/store/sqlite/sqlite-store.ts GatewayStoreOptions': REWRITTEN,
  'src/store/sqlite/sqlite-store.ts StoreOptions': REWRITTEN,
}

const DECLARED =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|let|interface|type|enum) (\w+)/gm
const LIST = /^export (?:type )?\{([^}]*)\}/gm

/** What a list between braces names, on its near or its far side of `as`. */
function named(list: string, side: 'first' | 'last'): string[] {
  return list
    .split(',')
    .map((entry) => entry.trim().replace(/^type /, ''))
    .filter((entry) => entry !== '')
    .map((entry) => entry.split(' as ').at(side === 'first' ? 0 : -1) ?? '')
}

function exportsOf(text: string): string[] {
  const declared = [...text.matchAll(DECLARED)].map((match) => match[1] ?? '')
  return [...declared, ...[...text.matchAll(LIST)].flatMap((match) => named(match[1] ?? '', 'last'))]
}

/** `file name` of all that a file takes from others, whichever way. */
function importsOf(file: string, text: string): string[] {
  const resolve = (target = '') => normalize(join(dirname(file), target))
  const lists = text.matchAll(/^\s*(?:import|export) (?:type )?(?:\w+, )?\{([^}]*)\} from '(\.[^']+)'/gm)
  const whole = text.matchAll(/^\s*import (?:type )?\* as (\w+) from '(\.[^']+)'/gm)
  const inTypes = text.matchAll(/\bimport\('(\.[^']+)'\)\.(\w+)/g)
  const atRunTime = text.matchAll(/\{([^{}]*)\} = await import\('(\.[^']+)'\)/g)
  const lazily = text.matchAll(/\(await import\('(\.[^']+)'\)\)\.(\w+)/g)
  return [
    ...[...lists, ...atRunTime].flatMap(([, list = '', from]) =>
      named(list.replaceAll(': ', ' as '), 'first').map((name) => `${resolve(from)} ${name}`),
    ),
    ...[...whole].flatMap(([, alias = '', from]) =>
      [...text.matchAll(new RegExp(`\\b${alias}\\.(\\w+)`, 'g'))].map((match) => `${resolve(from)} ${match[1]}`),
    ),
    ...[...inTypes, ...lazily].map(([, from, name]) => `${resolve(from)} ${name}`),
  ]
}

describe('what a file of src exports', () => {
  const imported = new Set([...files].flatMap(([file, text]) => importsOf(file, text)))
  const exported = [...files]
    .filter(([file]) => file.startsWith('src/'))
    .flatMap(([file, text]) => exportsOf(text).map((name) => `${file} ${name}`))

  test('was found at all', () => {
    assert.ok(exported.length > 300)
    assert.ok(imported.has('src/xml/parse-tree.ts scan'))
  })

  test('is imported by somebody', () => {
    assert.deepEqual(
      exported.filter((one) => !imported.has(one) && !(one in EXCEPTIONS)),
      [],
    )
  })

  test('is imported by nobody where that is an exception', () => {
    assert.deepEqual(
      Object.keys(EXCEPTIONS).filter((one) => imported.has(one) || !exported.includes(one)),
      [],
    )
  })
})
