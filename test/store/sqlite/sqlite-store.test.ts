import { testContract } from '../contract.ts'
import { createBench } from '../support.ts'

testContract('sqlite', () => createBench())
