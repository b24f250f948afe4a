import { z } from 'zod'
import { parsePasswordHash } from '../password-hash.ts'
import { RESTRICTIONS } from '../vocabulary.ts'
import { SOLE_VARIABLE, soleVariable } from './env.ts'
import * as f from './fields.ts'
import { DEFAULT_RESTRICTIONS } from './restricted.ts'

const HASH_OR_VARIABLE = `^\\$scrypt\\$|${SOLE_VARIABLE.source}`

/** RFC 7970 section 3.3.1, in the order of strictness, with `default`. */
export const restrictions = f
  .list(f.oneOf(RESTRICTIONS), 'restrictions')
  .default([...DEFAULT_RESTRICTIONS])
  .describe('RFC 7970 restrictions that may pass; white = public, green = partner, amber = need-to-know, red = private')

/** Of whoever, or whatever, is sent a document. */
export const iodefVersion = f
  .whole('a version of IODEF', 1, 2)
  .transform((n): 1 | 2 => (n === 1 ? 1 : 2))
  .prefault(2)

/** `what` nobody writes into the configuration: it stands in a file, or in a variable of the environment. */
export const secret = (what: string) =>
  z
    .union(
      [
        z.string().meta({ description: `only as \${NAME}: ${what} never stands here`, pattern: SOLE_VARIABLE.source }),
        f.mapping({ file: f.file }),
        f.mapping({ env: f.line }),
      ],
      `must be { file: PATH }, { env: NAME } or "\${NAME}"`,
    )
    .transform((value, context) => {
      if (typeof value !== 'string') return value
      const env = soleVariable(value)
      if (env !== undefined) return { env }
      context.addIssue(
        `is ${value === '' ? 'empty' : 'written literally'}: use { file: PATH }, { env: NAME } or "\${NAME}"`,
      )
      return z.NEVER
    })

/** What `iodef-gateway passwd` prints: no secret as the password is, but as good as one while somebody guesses. */
export const passwordHash = z
  .union(
    [
      z.string().meta({ description: `what iodef-gateway passwd prints, or \${NAME}`, pattern: HASH_OR_VARIABLE }),
      f.mapping({ file: f.file }),
      f.mapping({ env: f.line }),
    ],
    `must be what iodef-gateway passwd prints, { file: PATH }, { env: NAME } or "\${NAME}"`,
  )
  .transform((value, context) => {
    if (typeof value !== 'string') return value
    const env = soleVariable(value)
    if (env !== undefined) return { env }
    if (parsePasswordHash(value) !== undefined) return { hash: value }
    const is = value.startsWith('$scrypt$') ? 'is no hash as iodef-gateway passwd prints it' : 'is no hash'
    context.addIssue(`${is}: a password never stands here; iodef-gateway passwd makes a hash of it`)
    return z.NEVER
  })
