import { execFile } from 'node:child_process'
import { mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createWorld } from '../support/e2e.ts'
import type { Fault, Lane } from '../support/faults.ts'
import type { ProofOptions } from './proof.ts'

const exec = promisify(execFile)
const MIB = 1_048_576

/** There is no room for reports: in a queue, on the disk. */
export async function roomFaults(kind: ProofOptions['kind']): Promise<Lane> {
  await using opened = new AsyncDisposableStack()
  const world = opened.use(await createWorld(kind))
  const site = await world.site({ delivery: { maxQueue: 5 } })
  const disk = await smallDisk(join(site.dir, 'disk'))
  if (disk !== undefined) await site.config({ store: { path: join(opened.use(disk).path, 'gateway.db') } })
  const gateway = opened.use(await site.spawn())
  await site.ready()
  const pause = () => site.command('queue', 'pause', 'topic:incident').then(() => undefined)
  const resume = () => site.command('queue', 'resume', 'topic:incident').then(() => undefined)
  const all = opened.move()
  return {
    site,
    gateway: () => gateway,
    faults: [
      {
        name: 'a queue is full',
        long: true,
        make: pause,
        mend: resume,
        parts: {
          queue: ['failed', /incident \(5\)\. Who has a share of it is answered 503/],
          'topic:incident': ['degraded', /^Paused by /],
        },
        alerts: ['QueueFilling queue'],
      },
      {
        name: 'few large reports are as much as one may have waiting',
        size: 60_000,
        make: pause,
        mend: resume,
        parts: {
          queue: ['failed', /csirt-a .*answered 503/],
          'topic:incident': ['degraded', /^Paused by /],
        },
        alerts: ['QueueFilling queue'],
      },
      ...(disk === undefined ? [] : diskFaults(disk, () => site.drained())),
    ],
    ...(disk === undefined && { left: 'nothing befalls the disk: only root can have one that is full' }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

type Disk = Exclude<Awaited<ReturnType<typeof smallDisk>>, undefined>

function diskFaults(disk: Disk, drained: () => Promise<void>): Fault[] {
  return [
    {
      name: 'the disk is nearly full',
      long: true,
      make: () => disk.leave(30 * MIB),
      mend: () => disk.leave(1_000 * MIB),
      parts: { disk: ['failed', /^2\d MiB are free where the store is/] },
      alerts: ['DiskFilling disk'],
    },
    {
      name: 'the disk is full',
      // small ones find room in what the store has already
      size: 20_000,
      async make() {
        // what came of what still waits could not be written, and its queue would stay full
        await drained()
        await disk.leave(0)
      },
      mend: () => disk.leave(1_000 * MIB),
      parts: {
        disk: ['failed', /^0 MiB are free where the store is/],
        store: ['failed', /disk is full/],
      },
      alerts: ['CannotTakeReports', 'DiskFilling disk', 'StoreFailing store'],
      verdict: 'cannot-take',
    },
  ]
}

/** A file system in memory, whose room can be taken away and given back. Only root can have one, and not in every container. */
async function smallDisk(path: string) {
  if (process.getuid?.() !== 0) return undefined
  await mkdir(path)
  try {
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=1000m', 'tmpfs', path])
  } catch {
    return undefined
  }
  return {
    path,
    /** so many bytes more can be written */
    async leave(bytes: number): Promise<void> {
      // what is written meanwhile is more than the new size has, which is refused then
      for (let tries = 1; ; tries += 1) {
        const { blocks, bfree, bsize } = await statfs(path)
        const size = (blocks - bfree) * bsize + bytes
        const done = await exec('mount', ['-o', `remount,size=${size}`, path]).catch((error: unknown) => {
          if (tries >= 50) throw error
        })
        if (done !== undefined) return
      }
    },
    async [Symbol.asyncDispose]() {
      await exec('umount', ['-l', path])
    },
  }
}
