/** Writes schemas/config.schema.json, by which editors complete and check the configuration, from the model it is read by. */
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { model } from '../src/config/model.ts'

const FILE = new URL('../schemas/config.schema.json', import.meta.url)

export function configSchema(): string {
  const schema = z.toJSONSchema(model, { io: 'input', target: 'draft-7' })
  const title = 'iodef-gateway configuration'
  return `${JSON.stringify({ ...schema, title }, null, 2)}\n`
}

export function writtenSchema(): string {
  return readFileSync(FILE, 'utf8')
}

if (import.meta.main) writeFileSync(FILE, configSchema())
