import { readFile, writeFile } from 'node:fs/promises'

/** Copies what is in a file, for its owner alone, and nothing of its modes. */
export async function copied(from: string, to: string): Promise<void> {
  await writeFile(to, await readFile(from), { mode: 0o600 })
}
