import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  brokerCommands,
  brokerConfiguration,
  gatewayYaml,
  type Plan,
  peerSheet,
  readme,
} from '../../src/cli/init-texts.ts'
import { buildConfig } from '../../src/config/config.ts'
import { parseSource } from '../../src/config/read.ts'

const PLAN: Plan = {
  name: 'gw.csirt.example',
  domain: 'xmpp.csirt.example',
  peer: 'soc.partner.example',
  peerName: 'soc',
  service: 'xmpp://10.0.0.1:5222',
  broker: 'prosody',
  requests: false,
}

for (const broker of ['prosody', 'ejabberd'] as const) {
  test(`the configuration beside ${broker} has nothing to warn of`, () => {
    const { source } = parseSource(gatewayYaml({ ...PLAN, broker }))
    assert.ok(source)
    const { config, problems, warnings } = buildConfig(source, '/etc/iodef-gateway', {})
    assert.deepEqual([problems, warnings], [[], []])
    assert.equal(config?.grid.maxItem, broker === 'ejabberd' ? 150_000 : 250_000)
    assert.deepEqual([config?.grid.broker, config?.peers[0]?.name], ['pubsub.xmpp.csirt.example', 'soc'])
  })
}

test('names that YAML takes for numbers or flags are names', () => {
  const { source } = parseSource(gatewayYaml({ ...PLAN, name: '10.20', peer: '360', peerName: '360' }))
  assert.ok(source)
  const { config, problems } = buildConfig(source, '/etc/iodef-gateway', {})
  assert.deepEqual(problems, [])
  assert.deepEqual([config?.rid.name, config?.peers[0]?.name, config?.peers[0]?.identity.dns], ['10.20', '360', '360'])
})

test('the example is for that domain', () => {
  assert.equal(brokerConfiguration('gateway@grid.example pubsub.grid.example', 'x.y'), 'gateway@x.y pubsub.x.y')
})

test('the commands make the account with the password that the gateway has', () => {
  assert.match(
    brokerCommands(PLAN),
    /prosodyctl register gateway xmpp\.csirt\.example "\$\(cat \.\.\/gateway\.password\)"/,
  )
  assert.match(brokerCommands({ ...PLAN, broker: 'ejabberd' }), /ejabberdctl register gateway/)
})

test('the sheet says what is the same whoever certifies, and else what is of the one', () => {
  for (const requests of [false, true]) {
    const sheet = peerSheet({ ...PLAN, requests })
    assert.match(sheet, /https:\/\/gw\.csirt\.example:4590\//)
    assert.match(sheet, /soc\.partner\.example/)
    // each file that the command lines take is told of before
    const files = sheet.split('Try it.')[0] ?? ''
    for (const [, file = ''] of sheet.matchAll(/--cacert (\S+)/g)) assert.ok(files.includes(`  ${file} `), file)
    assert.equal(/soc\.key/.test(sheet), !requests)
    assert.equal(/tls\/rid\.csr/.test(readme({ ...PLAN, requests })), requests)
  }
})
