import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { page, ROOT } from '../docs/markdown.ts'

/** Whether what was called is not installed; any other error is a fault. */
function isAbsent({ error }: { readonly error?: Error }): boolean {
  if (error === undefined) return false
  if ('code' in error && error.code === 'ENOENT') return true
  throw error
}

const skip = isAbsent(spawnSync('dpkg-deb', ['--version']))
  ? 'dpkg-deb is not installed: a Debian package can be made on Debian only'
  : false

describe('the Debian package', { skip }, () => {
  const temp = mkdtempSync(join(tmpdir(), 'deb-test-'))
  const at = (...path: string[]) => join(temp, 'tree', ...path)
  const rows: { mode: string; owner: string; path: string }[] = []
  let deb = ''
  const field = (name: string) => execFileSync('dpkg-deb', ['-f', deb, name], { encoding: 'utf8' }).trim()

  before(() => {
    const args = [join(ROOT, 'scripts/deb.ts'), '--quick', '--out', temp, '--version', '9.8.7-rc.1']
    // whatever the umask of whoever builds it
    const umask = process.umask(0o077)
    deb = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 110_000 }).trim()
    process.umask(umask)
    const listed = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8', maxBuffer: 1 << 24 })
    for (const row of listed.trim().split('\n')) {
      const [mode = '', owner = '', , , , path = ''] = row.split(/\s+/)
      rows.push({ mode, owner, path })
    }
    execFileSync('dpkg-deb', ['-R', deb, at()])
  })
  after(() => rmSync(temp, { recursive: true, force: true }))

  test('says what it is, and what it needs', () => {
    assert.equal(field('Package'), 'iodef-gateway')
    assert.equal(field('Version'), '9.8.7~rc.1-1')
    assert.equal(field('Architecture'), process.arch === 'x64' ? 'amd64' : process.arch)
    assert.match(field('Depends'), /adduser, libc6 \(>= 2\.28\)/)
    assert.ok(Number(field('Installed-Size')) > 50_000)
  })

  test('belongs to root, with nothing that others may write or that runs as somebody else', () => {
    assert.ok(rows.length > 500, `${rows.length} files`)
    for (const { mode, owner, path } of rows) {
      assert.equal(owner, 'root/root', path)
      assert.match(mode, /^(d|-|l)(rwxr-xr-x|rwxr-x---|rw-r--r--|rw-r-----|rwxrwxrwx)$/, path)
      if (!mode.startsWith('l')) assert.notEqual(mode.slice(1), 'rwxrwxrwx', path)
    }
    const mode = (path: string) => rows.find((row) => row.path === path)?.mode
    assert.equal(mode('./etc/iodef-gateway/'), 'drwxr-x---')
    const programs = rows.filter((row) => row.mode.startsWith('-rwx')).map(({ path }) => path)
    assert.deepEqual(
      programs.map((path) => path.replace(/linux-\w+/, 'linux-ARCH')),
      ['./usr/lib/iodef-gateway/bin/iodef-gateway', './usr/lib/iodef-gateway/node_modules/node-linux-ARCH/bin/node'],
    )
  })

  test('holds the program, unit, man pages, completion, example and license, and neither sources nor tests', () => {
    const paths = rows.map(({ path }) => path)
    for (const path of [
      './usr/bin/iodef-gateway',
      './usr/lib/iodef-gateway/dist/main.js',
      './usr/lib/iodef-gateway/dist/reading/reader-worker.js',
      './usr/lib/iodef-gateway/examples/prosody.cfg.lua',
      './usr/lib/iodef-gateway/schemas/iodef-2.0.xsd',
      './lib/systemd/system/iodef-gateway.service',
      './usr/share/man/man1/iodef-gateway.1.gz',
      './usr/share/man/man1/iodef-gateway-queue.1.gz',
      './usr/share/bash-completion/completions/iodef-gateway',
      './usr/share/doc/iodef-gateway/README.Debian',
      './usr/share/doc/iodef-gateway/copyright',
      './usr/share/doc/iodef-gateway/changelog.Debian.gz',
    ]) {
      assert.ok(paths.includes(path), path)
    }
    const odd = paths.filter((path) =>
      /iodef-gateway\/(src|test|scripts)\/|node_modules\/(typescript|@biomejs)/.test(path),
    )
    assert.deepEqual(odd, [])
    assert.equal(readFileSync(at('DEBIAN/conffiles'), 'utf8'), '/etc/iodef-gateway/gateway.yaml.example\n')
  })

  test('runs by itself', () => {
    const program = at('usr/bin/iodef-gateway')
    const env = { PATH: '/usr/bin:/bin' }
    const said = spawnSync(program, ['--version'], { env, encoding: 'utf8' })
    assert.equal(said.stdout, 'iodef-gateway 9.8.7-rc.1\n', said.stderr)
    const report = join(ROOT, 'fixtures/demo-incident.xml')
    assert.match(spawnSync(program, ['validate', report], { env, encoding: 'utf8' }).stdout, /: valid IODEF 2$/m)
  })

  test('has each package of production in the copyright file', () => {
    const text = readFileSync(at('usr/share/doc/iodef-gateway/copyright'), 'utf8')
    const modules = globSync('usr/lib/iodef-gateway/node_modules/{[a-z]*,@*/*}/package.json', { cwd: at() })
    assert.ok(modules.length > 50, `${modules.length}`)
    for (const path of modules) assert.ok(text.includes(`Files: ${path.replace('package.json', '*')}`), path)
    // an empty line would end the stanza
    for (const stanza of text.split('\n\n').slice(1)) assert.match(stanza, /^Files: .*\nCopyright: .*\nLicense: /s)
  })

  test('has sums that fit', () => {
    const { status, stderr } = spawnSync('md5sum', ['--quiet', '-c', 'DEBIAN/md5sums'], { cwd: at(), encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const summed = readFileSync(at('DEBIAN/md5sums'), 'utf8').trim().split('\n')
    const paths = new Set(rows.map(({ path }) => path))
    assert.deepEqual(
      summed.map((row) => row.slice(34)).filter((path) => !paths.has(`./${path}`)),
      [],
    )
  })

  test('has scripts that a shell can read, executable for dpkg', () => {
    for (const script of ['postinst', 'prerm', 'postrm']) {
      assert.equal(spawnSync('sh', ['-n', at('DEBIAN', script)]).status, 0, script)
      assert.equal(statSync(at('DEBIAN', script)).mode & 0o777, 0o755)
    }
  })

  test('exposes less than 2.0 of 10 as a service', (t) => {
    const unit = at('lib/systemd/system/iodef-gateway.service')
    const said = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], { encoding: 'utf8' })
    if (isAbsent(said))
      return t.skip('systemd-analyze comes with systemd, which this machine, a container say, does not have')
    const [, exposure] = /Overall exposure level for \S+: (\d+\.\d+)/.exec(said.stdout) ?? []
    assert.ok(Number(exposure) < 2, said.stdout.slice(-300) + said.stderr)
  })

  test('has man pages that man has nothing to complain of', () => {
    const pages = globSync('usr/share/man/man1/*.gz', { cwd: at() })
    assert.ok(pages.length > 10)
    for (const file of pages) {
      const said = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], {
        input: gunzipSync(readFileSync(at(file))),
        encoding: 'utf8',
      })
      assert.ifError(said.error)
      assert.equal(said.stderr, '', file)
    }
  })

  test('completes commands, actions and options in bash', () => {
    const complete = (...words: string[]) => {
      const script = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _iodef_gateway; echo "\${COMPREPLY[*]}"`
      const file = at('usr/share/bash-completion/completions/iodef-gateway')
      return execFileSync('bash', ['-c', script, file, 'iodef-gateway', ...words], { encoding: 'utf8' }).trim()
    }
    assert.equal(complete('val'), 'validate')
    assert.equal(complete('queue', 're'), 'retry resume')
    assert.equal(complete('queue', 'list', '--js'), '--json')
  })

  test('is made by the command that the pages name', () => {
    assert.equal(JSON.parse(page('package.json')).scripts.deb, 'sh scripts/node scripts/deb.ts')
  })
})
