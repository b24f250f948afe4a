import type { Config } from '../config/types.ts'
import type { DestinationOptions } from '../delivery/engine.ts'
import type { Grid } from '../grid/contract.ts'
import { ELSEWHERE } from '../relay/awaited-file.ts'
import { createFileSink } from '../relay/file-sink.ts'
import type { LargeItems } from '../relay/topic-sink.ts'
import type { ConsumeOptions } from '../relay/understand.ts'
import { createUploads } from '../relay/upload-item.ts'
import { createFiles, type Files } from '../upload/files.ts'
import { createHosts } from '../upload/hosts.ts'

/** Files beside items, as the configuration has them. */
export function filesOf({ grid, rid }: Config): Files {
  return createFiles(grid.upload ?? { hosts: [] }, { largest: rid.maxMessage, ca: grid.tls.ca })
}

/** Whom files come from: the listed hosts, addresses among them only where they are in URLs, and all others under one name. */
export function fileHosts({ grid }: Pick<Config, 'grid'>): string[] {
  const listed = grid.upload?.hosts ?? []
  const { admit } = createHosts(listed)
  const hosts = listed.flatMap((host) => {
    const url = admit(`https://${host}/`)
    return typeof url === 'string' ? [] : url.host
  })
  return [...new Set([...hosts, ELSEWHERE])]
}

/** A destination for each host, so that one that is dead, or slow, delays its own files alone, and no Topic. */
export function fileDestinations(files: Files, consume: ConsumeOptions, config: Config): DestinationOptions[] {
  const sink = createFileSink(consume, files.fetch)
  return fileHosts(config).map((destination) => ({ kind: 'file', destination, sink }))
}

/** Items that go by upload. */
export function largeItems(files: Files, grid: Grid, config: Config): LargeItems {
  const isByUpload = (topic: string) =>
    config.grid.topics.some(({ name, large }) => name === topic && large === 'upload')
  return {
    isLarge: ({ destination, payload }) => isByUpload(destination) && Buffer.byteLength(payload) > config.grid.maxItem,
    uploads: createUploads(grid, files.put),
  }
}
