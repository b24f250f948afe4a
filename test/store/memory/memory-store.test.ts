import { testContract } from '../contract.ts'
import { testAgainstModel } from '../property.ts'
import { createMemoryBench } from './bench.ts'

testContract('memory', createMemoryBench)
// compared with itself it shows no more than what must hold of any
testAgainstModel('memory', createMemoryBench)
