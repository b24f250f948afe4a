/** Writes schemas/config.schema.json, by which editors complete and check the configuration, from the model it is read by. */
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { VARIABLE } from '../src/config/fields.ts'
import { model } from '../src/config/model.ts'

const variable = { type: 'string', pattern: VARIABLE } as const
const FILE = new URL('../schemas/config.schema.json', import.meta.url)

export function configSchema(): string {
  const schema = z.toJSONSchema(model, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      const { type, enum: words } = jsonSchema
      if (words === undefined) return
      // in place of a word, too, an environment variable may stand
      jsonSchema.anyOf = [{ ...(type !== undefined && { type }), enum: words }, variable]
      delete jsonSchema.type
      delete jsonSchema.enum
    },
  })
  const title = 'iodef-gateway configuration'
  return `${JSON.stringify({ ...schema, title }, null, 2)}\n`
}

export function writtenSchema(): string {
  return readFileSync(FILE, 'utf8')
}

if (import.meta.main) writeFileSync(FILE, configSchema())
