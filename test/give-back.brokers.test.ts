import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const MIB = 1024 * 1024

/** What `text` prints, in a process that gives back when it was idle for 100 ms. */
function run(text: string, flags: readonly string[] = ['--expose-gc']): number[] {
  const module = new URL('../src/give-back.ts', import.meta.url).href
  const program = `
    import { giveBackWhenIdle } from ${JSON.stringify(module)}
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    ${text}`
  const args = [...flags, '--input-type=module', '--eval', program]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 })
  assert.deepEqual([status, stderr], [0, ''])
  return JSON.parse(stdout)
}

test('what a flood left in the heap is given back once nothing is to do', () => {
  const [before, behind, after] = run(`
    const heap = () => Math.round(process.memoryUsage().heapTotal / ${MIB})
    const before = heap()
    giveBackWhenIdle(100)
    let flood = Array.from({ length: 1_000_000 }, (_, n) => ({ n }))
    const behind = heap()
    flood = undefined
    for (let n = 0; n < 200 && heap() > behind - 20; n += 1) await wait(100)
    console.log(JSON.stringify([before, behind, heap()]))`) as [number, number, number]
  assert.ok(behind > before + 20, `${before} ${behind}`)
  assert.ok(after < behind - 20, `${before} ${behind} ${after}`)
})

test('garbage is asked for when a thread is idle and has grown, and not while there is work', () => {
  const counts = run(`
    let asked = 0
    globalThis.gc = () => { asked += 1 }
    // a process that has just begun may have less than is worth a look
    globalThis.held = Array.from({ length: 1_000_000 }, (_, n) => ({ n }))
    giveBackWhenIdle(100)
    const end = Date.now() + 1_000
    while (Date.now() < end) await new Promise(setImmediate)
    const busy = asked
    for (let n = 0; n < 200 && asked === 0; n += 1) await wait(100)
    const idle = asked
    await wait(1_000)
    console.log(JSON.stringify([busy, idle, asked]))`)
  assert.deepEqual(counts, [0, 1, 1])
})

test('a heap that grows a little again and again while it is idle is not collected each time', () => {
  const [first, then] = run(`
    let asked = []
    globalThis.gc = () => { asked.push(Date.now()) }
    globalThis.held = []
    const grow = () => held.push(Array.from({ length: 2_000_000 }, (_, n) => ({ n })))
    grow()
    giveBackWhenIdle(100)
    for (let n = 0; n < 200 && asked.length === 0; n += 1) await wait(100)
    const first = asked.length
    grow()
    for (let n = 0; n < 200 && asked.length < 2; n += 1) await wait(100)
    console.log(JSON.stringify([first, asked[1] - asked[0]]))`) as [number, number]
  assert.equal(first, 1)
  assert.ok(then >= 1_000, String(then))
})

test('where no garbage may be asked for, nothing is', () => {
  assert.deepEqual(run('giveBackWhenIdle(10); await wait(100); console.log([1])', []), [1])
})
