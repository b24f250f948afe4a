import type { Folder } from './base.ts'

/** What people did wrong when they set a gateway up, and what they must be told. */
export interface Mistake {
  readonly name: string
  /** in the good configuration, this text by that one */
  readonly swap?: readonly [from: string, to: string]
  /** the whole file, where one change in the good one does not do */
  readonly text?: (good: string) => string | Uint8Array
  /** changes the files that the configuration names */
  readonly files?: (folder: Folder) => Promise<void>
  readonly env?: Readonly<Record<string, string>>
  /** `problem`: it cannot start, or every peer would be refused. `warning`: it can, and something will not happen. */
  readonly kind: 'problem' | 'warning'
  /** key path */
  readonly key: string
  /** text in the line that must be named [the first of what was put in]; null: the file as a whole */
  readonly at?: string | null
  /** what is wrong, and what would be right */
  readonly says: RegExp
}
