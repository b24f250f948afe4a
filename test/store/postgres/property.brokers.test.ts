import { testAgainstModel } from '../property.ts'
import { createPostgresBench } from './bench.ts'

testAgainstModel('postgres', createPostgresBench)
