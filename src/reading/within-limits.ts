import { DocumentLimit } from '../xml/limits.ts'
import { type Inspection, refused } from './inspection.ts'

/** What asks for more than its size accounts for is refused, whichever step finds out. */
export function withinLimits(read: () => Inspection): Inspection {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DocumentLimit)) throw error
    return refused('unknown', null, [error.at], 1)
  }
}
