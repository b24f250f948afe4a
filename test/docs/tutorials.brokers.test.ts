import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { afterwards, beforehand, debianPackage } from '../../scripts/tutorial/afterwards.ts'
import { npmInstallation, npmPackage, npmTutorial } from '../../scripts/tutorial/npm.ts'
import { readSteps, scriptOf, TUTORIALS } from '../../scripts/tutorial/page.ts'
import { readmeCommands } from '../../scripts/tutorial/readme.ts'
import { iodefGateway } from '../cli/capture.ts'
import { page, ROOT } from './markdown.ts'

/** `npm run tutorial` runs all of them on a machine of its own; here is what can be done without root and systemd. */
for (const name of TUTORIALS) {
  describe(`the ${name} tutorial`, () => {
    const steps = readSteps(ROOT, name)
    const script = scriptOf(steps)
    const dir = mkdtempSync(join(tmpdir(), 'tutorial-'))
    after(() => rmSync(dir, { recursive: true, force: true }))

    test('has commands that bash can read, under each of its headings', () => {
      assert.ok(steps.length >= 10, `${steps.length} blocks`)
      const titles = page(`docs/tutorial-${name}.md`).match(/^## \d.*$/gm) ?? []
      assert.deepEqual([...new Set(steps.map(({ title }) => `## ${title}`))], titles)
      const debian = [script, beforehand(name), afterwards(name, debianPackage('1.2.3'))]
      const npm = [npmInstallation(ROOT), npmTutorial(ROOT, name), afterwards(name, npmPackage(ROOT, '1.2.3'))]
      for (const text of [...debian, ...npm, readmeCommands(ROOT)]) {
        const { status, stderr } = spawnSync('bash', ['-n', '-c', text], { encoding: 'utf8' })
        assert.equal(status, 0, stderr)
      }
    })

    test('goes with the npm package where the guide has its commands in the place of the Debian package', () => {
      const npm = npmTutorial(ROOT, name)
      assert.doesNotMatch(npm, /\/usr\/lib\/iodef-gateway|iodef-gateway_\*\.deb/)
      assert.match(npm, /^install -m 644 \$unit /m)
      assert.match(npmInstallation(ROOT), /^npm install --global --loglevel=error --prefix \/opt\/iodef-gateway /m)
    })

    test('makes its folder, and changes in it what init wrote', async () => {
      const init = /^iodef-gateway (init mygateway .*)$/m.exec(script)?.[1]?.split(' ') ?? []
      const made = await iodefGateway(init.map((word) => (word === 'mygateway' ? join(dir, word) : word)))
      assert.equal(made.code, 0, made.err)
      const changes = script.match(/^sed -i .*gateway\.yaml$/gm) ?? []
      assert.equal(changes.length, 2)
      for (const change of changes) {
        const file = join(dir, 'mygateway/gateway.yaml')
        const before = readFileSync(file, 'utf8')
        execFileSync('bash', ['-c', change.replace('/etc/iodef-gateway/', 'mygateway/')], { cwd: dir })
        assert.notEqual(readFileSync(file, 'utf8'), before, change)
      }
      const yaml = readFileSync(join(dir, 'mygateway/gateway.yaml'), 'utf8')
      assert.match(yaml, /members: \[subscriber@grid\.example\]/)
      assert.match(yaml, /path: \/var\/lib\/iodef-gateway\/gateway\.db/)
    })

    test('sends a report that validate has nothing to say of', async () => {
      const heredoc = /^cat >report\.xml <<'END'\n.*?^END$/ms.exec(script)?.[0] ?? ''
      execFileSync('bash', ['-c', heredoc], { cwd: dir })
      const { code, out } = await iodefGateway(['validate', '--strict', join(dir, 'report.xml')])
      assert.equal(code, 0, out)
      assert.match(out, /: valid IODEF 2$/m)
      assert.doesNotMatch(out, /warn/i)
    })
  })
}

test('README.Debian has the same commands as the tutorials', () => {
  const readme = page('scripts/deb/doc/README.Debian')
  const fourth = readSteps(ROOT, 'prosody').filter(({ title }) => title.startsWith('4.'))
  const [copy = ''] = fourth.map(({ commands }) => commands.trim())
  for (const line of copy.split('\n')) assert.ok(readme.includes(`  ${line}\n`), line)
  for (const line of copy.split('\n')) assert.ok(page('docs/guide.md').includes(`${line}\n`), line)
})
