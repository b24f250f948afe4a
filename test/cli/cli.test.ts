import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { iodefGateway } from './capture.ts'

const COMMANDS = ['start', 'check', 'validate', 'send', 'probe', 'topics', 'tail', 'queue', 'exchanges', 'trace']

describe('the command line', () => {
  test('lists the commands, on request on standard output', async () => {
    const bare = await iodefGateway([])
    assert.equal(bare.code, 2)
    assert.equal(bare.out, '')
    const asked = await iodefGateway(['--help'])
    assert.equal(asked.code, 0)
    for (const command of COMMANDS) assert.match(asked.out, new RegExp(`^  ${command} `, 'm'))
  })

  for (const command of COMMANDS) {
    test(`explains ${command}, with an example`, async () => {
      for (const args of [
        [command, '--help'],
        [command, '-h'],
        ['help', command],
      ]) {
        const { code, out } = await iodefGateway(args)
        assert.equal(code, 0)
        assert.match(out, new RegExp(`^Usage: iodef-gateway ${command}`))
        assert.match(out, new RegExp(`^  iodef-gateway ${command}|&& iodef-gateway ${command}`, 'm'))
        assert.match(out, /Exit codes: 0 done/)
      }
    })

    test(`takes an unknown option of ${command} for bad usage`, async () => {
      const { code, out, err } = await iodefGateway([command, '--nonsense'])
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.match(err, /there is no option --nonsense/)
    })
  }

  test('suggests what was probably meant', async () => {
    assert.match((await iodefGateway(['chekc'])).err, /did you mean "check"/)
    assert.match((await iodefGateway(['check', '--confg=x'])).err, /did you mean "--config"/)
    assert.match((await iodefGateway(['queue', 'lits', '--config', 'x'])).err, /did you mean "list"/)
    assert.equal((await iodefGateway(['toString'])).code, 2)
    assert.equal((await iodefGateway(['--verison'])).code, 2)
  })

  test('says what an option takes when it is given something else', async () => {
    for (const args of [
      ['--count', '-1'],
      ['-n', '-1'],
      ['--count=-1'],
      ['--count', '3', '--count', '-1'],
      ['--count', '0'],
    ]) {
      assert.match((await iodefGateway(['tail', 't', '--config', 'x', ...args])).err, /--count takes a number from 1\n/)
    }
    const swallowed = await iodefGateway(['tail', 't', '--count', '--config', 'x'])
    assert.match(swallowed.err, /tail: --count needs a value, and "--config" is an option\n/)
    assert.equal(swallowed.code, 2)
    assert.match((await iodefGateway(['check', '--config'])).err, /check: --config needs a value\n/)
    assert.match(
      (await iodefGateway(['check', '-c', '-x'])).err,
      /check: --config needs a value, and "-x" is an option\n/,
    )
    assert.match((await iodefGateway(['check', '--json=yes'])).err, /check: --json takes no value\n/)
  })

  test('says its version', async () => {
    assert.match((await iodefGateway(['--version'])).out, /^iodef-gateway \d+\.\d+\.\d+\n$/)
  })

  for (const args of [
    ['start'],
    ['check'],
    ['topics'],
    ['tail', 'incident'],
    ['queue', 'list'],
    ['exchanges', 'list'],
    ['trace', '1'],
  ]) {
    test(`needs a configuration for ${args.join(' ')}`, async () => {
      const { code, err } = await iodefGateway(args)
      assert.equal(code, 2)
      assert.match(err, /--config FILE is missing/)
      const unreadable = await iodefGateway([...args, '--config', '/nonexistent.yaml'])
      assert.equal(unreadable.code, 2)
      assert.match(unreadable.err, /cannot read \/nonexistent\.yaml: no such file/)
    })
  }

  test('prints nothing that could rewrite a terminal', async () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what must not come out
    assert.doesNotMatch((await iodefGateway(['\x1b[2Jevil'])).err, /\x1b/)
  })
})
