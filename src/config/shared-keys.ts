import { z } from 'zod'
import { RESTRICTIONS } from '../vocabulary.ts'
import { SOLE_VARIABLE, soleVariable } from './env.ts'
import * as f from './fields.ts'
import { DEFAULT_RESTRICTIONS } from './restricted.ts'

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
