import { testContract } from '../contract.ts'
import { createPostgresBench } from './bench.ts'

testContract('postgres', createPostgresBench)
