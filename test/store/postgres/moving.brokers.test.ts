import { after } from 'node:test'
import { startPostgres } from '../../support/postgres.ts'
import { createMovingBench } from '../moving.ts'
import { testAgainstModel } from '../property.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())

// `npm run soak -- cases` has the many
testAgainstModel(
  'a store that moves',
  () => createMovingBench(server.url),
  () => {},
  2,
)
