import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { lint, readIgnored } from '../scripts/docker/lint.ts'
import { parseDockerfile, ROOT, readDockerfile } from '../scripts/docker/parse.ts'

const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')

describe('the Dockerfile', () => {
  test('has nothing to complain of', () => assert.deepEqual(lint(readDockerfile()), []))

  for (const [what, from, to, complaint] of [
    ['another Node.js than the tests run', /node:24/g, 'node:22', /stage build is from node:22/],
    ['whatever is newest', /node:24-bookworm-slim/g, 'node:latest', /tests run Node\.js 24/],
    ['root', /^USER .*\n/m, '', /runs as root/],
    ['no health check', /^HEALTHCHECK .*\n.*\n/m, '', /no HEALTHCHECK/],
    ['a health check of something else', '/live', '/ready', /does not ask \/live/],
    ['everything copied', 'COPY bin bin', 'COPY . .', /copies everything/],
    ['a file that is not there', 'COPY bin bin', 'COPY bim bin', /there is no bim/],
    ['a file that .dockerignore keeps out', 'COPY bin bin', 'COPY test bin', /keeps test out/],
    ['a stage that is not there', '--from=build', '--from=built', /no stage built/],
    ['a shell that swallows signals', /^CMD .*/m, 'CMD iodef-gateway start', /shell form/],
    ['a secret', 'ENV NODE_ENV=production', 'ENV GATEWAY_PASSWORD=x', /secret would stay/],
    ['packages beside the lock file', 'npm ci', 'npm install', /lock file/],
  ] as const) {
    test(`would be refused with ${what}`, () => {
      const changed = text.replace(from, to)
      assert.notEqual(changed, text)
      assert.match(lint(parseDockerfile(changed)).join('\n'), complaint)
    })
  }

  test('is given nothing but what it copies', () => {
    const ignored = readIgnored(join(ROOT, '.dockerignore'))
    for (const path of [
      '.git',
      'node_modules',
      'test',
      'scripts',
      'scripts/setup',
      'fixtures',
      'data',
      'README.md',
      'gateway.password',
    ]) {
      assert.ok(ignored(path), path)
    }
  })
})
