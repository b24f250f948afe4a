import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bashCompletion } from '../../scripts/deb/completion.ts'
import { changelog, debianVersion, packagedExample, packagedUnit } from '../../scripts/deb/control.ts'
import { readCommand, readHelp } from '../../scripts/deb/help.ts'
import { manPages } from '../../scripts/deb/man.ts'
import { page } from '../docs/markdown.ts'

const DATE = '2026-11-26'

describe('what the Debian package is made of', async () => {
  const help = await readHelp()

  test('knows each command, its options and its actions from its help', () => {
    const names = help.commands.map(({ name }) => name)
    for (const name of ['start', 'check', 'init', 'queue', 'store', 'trace']) assert.ok(names.includes(name), name)
    const queue = help.commands.find(({ name }) => name === 'queue')
    for (const action of ['list', 'retry', 'stats']) assert.ok(queue?.actions.includes(action), action)
    for (const option of ['--config', '-c', '--json', '--help']) assert.ok(queue?.options.includes(option), option)
    assert.deepEqual(help.commands.find(({ name }) => name === 'init')?.actions, [])
    assert.throws(() => readCommand('x', '', 'no usage'), /does not begin with its usage/)
  })

  test('has a man page for the program and for each command, with its usage and every option', () => {
    const pages = manPages(help, DATE)
    assert.equal(pages.size, help.commands.length + 1)
    for (const { name, options, summary } of help.commands) {
      const text = pages.get(`iodef-gateway-${name}.1`) ?? ''
      assert.match(text, /^\.TH IODEF-GATEWAY-[A-Z]+ 1 "2026-11-26"/)
      for (const option of options.filter((one) => one !== '--help')) {
        assert.ok(text.includes(option.replaceAll('-', '\\-')), `${name} ${option}`)
      }
      assert.ok(pages.get('iodef-gateway.1')?.includes(summary.replaceAll('-', '\\-')), name)
    }
  })

  test('gives troff no row to take for a request, and no hyphen to break at', () => {
    const odd = readCommand('x', 'does', 'Usage: iodef-gateway x\n\n.hidden row with \\ and --json\n')
    const text = manPages({ ...help, commands: [odd] }, DATE).get('iodef-gateway-x.1') ?? ''
    assert.match(text, /^\\&\.hidden row with \\e and \\-\\-json$/m)
  })

  test('completes what there is', () => {
    const text = bashCompletion(help)
    for (const { name, options } of help.commands) {
      assert.match(text, new RegExp(`^    ${name}\\) .*options='${options.join(' ')}' ;;$`, 'm'))
    }
  })

  test('runs the unit of the examples with the program where the package has it', () => {
    const unit = packagedUnit(page('examples/gateway.service'))
    assert.match(unit, /^\[Unit\]\n/)
    assert.match(unit, /^ExecStart=\/usr\/bin\/iodef-gateway start --config \/etc\/iodef-gateway\/gateway\.yaml$/m)
    assert.doesNotMatch(unit, /\/opt\//)
  })

  test('has the example with store and password where the unit has them', () => {
    const example = packagedExample(page('examples/gateway.yaml'))
    assert.match(example, /^store: \{ path: \/var\/lib\/iodef-gateway\/gateway\.db \}$/m)
    assert.match(example, /^ {2}auth: \{ password: \{ file: gateway\.password \} \}$/m)
    assert.doesNotMatch(example, /GATEWAY_PASSWORD/)
  })

  test('has a version that sorts before the release it precedes', () => {
    assert.equal(debianVersion('1.2.3'), '1.2.3-1')
    assert.equal(debianVersion('1.2.3-rc.1'), '1.2.3~rc.1-1')
    const about = { version: '1.2.3', architecture: 'amd64', maintainer: 'A <a@b.example>', date: new Date(0) }
    assert.match(changelog(about), /^ -- A <a@b\.example> {2}Thu, 01 Jan 1970 00:00:00 \+0000$/m)
  })
})
