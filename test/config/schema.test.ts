import assert from 'node:assert/strict'
import { it } from 'node:test'
import { configSchema, writtenSchema } from '../../scripts/config-schema.ts'

it('schemas/config.schema.json is current (node scripts/config-schema.ts writes it)', () => {
  assert.equal(writtenSchema(), configSchema())
})

it('the JSON Schema completes keys and knows the required ones', () => {
  const schema = JSON.parse(configSchema())
  assert.deepEqual(schema.required, ['rid', 'grid', 'store'])
  assert.equal(schema.additionalProperties, false)
  assert.equal(schema.properties.rid.properties.maxMessage.default, '1MiB')
})
