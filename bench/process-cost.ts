import { readdir, readFile } from 'node:fs/promises'
import { createPki } from '../test/support/pki.ts'
import { createSite } from '../test/support/site.ts'
import { startChild } from './child.ts'
import { type Size, sized } from './documents.ts'
import { median } from './figures.ts'
import { createPoster } from './post.ts'

const CONNECTIONS = 8

/** us of CPU that a POST to 200 costs a bare fastify and a gateway whose Broker is away: processes of their own, so that the sender does not count. */
export async function costOfPost(
  sizes: readonly Size[],
  rounds: number,
): Promise<readonly { readonly bare: number; readonly gateway: number }[]> {
  const costs: { bare: number; gateway: number }[] = []
  await using pki = await createPki()
  await using site = await createSite({ pki, delivery: { maxQueue: 1_000_000 } })
  await using gateway = await site.spawn()
  const { cert, key } = await site.ca.issue({ cn: 'bare', dns: ['localhost'] })
  await using bare = startChild('./fastify-child.ts', { CERT: cert, KEY: key, CA: site.ca.cert })
  const certificate = await site.certificate('csirt-a')
  const barePort = await bare.ask<number>('start')
  await using toGateway = createPoster(site.ridPort, site.ca.cert, certificate, CONNECTIONS)
  await using toBare = createPoster(barePort, site.ca.cert, certificate, CONNECTIONS)
  for (const size of sizes) {
    const count = size === '100' ? 300 : 2_000
    const post = async (to: typeof toBare, pid: number, round: number) => {
      const bodies = (n: number) => sized(`measured-${size}-${round}-${n}`, size)
      const began = await cpuOf(pid)
      await to.post(count, bodies)
      return ((await cpuOf(pid)) - began) / count
    }
    const [ours, theirs]: [number[], number[]] = [[], []]
    // the first is to get warm
    for (let round = 0; round < rounds + 1; round += 1) {
      const us = await post(toGateway, gateway.pid, round)
      const bareUs = await post(toBare, bare.pid, round)
      if (round === 0) continue
      ours.push(us)
      theirs.push(bareUs)
    }
    costs.push({ bare: median(theirs), gateway: median(ours) })
  }
  return costs
}

/** us, user and system, of all threads: proc(5), in ticks of 10 ms. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** us of CPU that a process's children have had, those that are no more too (proc(5): utime, stime; cutime, cstime). */
export async function cpuOfChildren(parent: number): Promise<number> {
  let ticks = 0
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    // behind the name of the command, which may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(fields[1]) === parent) ticks += Number(fields[11]) + Number(fields[12])
    if (Number(name) === parent) ticks += Number(fields[13]) + Number(fields[14])
  }
  return ticks * 10_000
}
