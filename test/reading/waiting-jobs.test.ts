import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../src/reading/pool-jobs.ts'
import { WaitingJobs } from '../../src/reading/waiting-jobs.ts'

type Named = Job<string, never>

function job(owner: string, weight = 1, request = owner): Named {
  const rest = { bounded: true, suspect: false, failed: false, resolve: () => {}, reject: () => {} }
  return { request, weight, owner, claimant: owner, ...rest }
}

function waiting(...jobs: Named[]): WaitingJobs<string, never> {
  const all = new WaitingJobs<string, never>({ maxWaiting: 8, maxWaitingWeight: 80 })
  for (const one of jobs) all.add(one)
  return all
}

const all = () => true

test('claimants take turns, and who has jobs in threads comes after those who have none', () => {
  const jobs = waiting(job('a'), job('a'), job('a'), job('b'), job('c'))
  const turns = Array.from({ length: 4 }, () => jobs.next(all, [])?.owner)
  assert.deepEqual(turns, ['a', 'b', 'c', 'a'])
  jobs.add(job('d'))
  assert.equal(jobs.next(all, [job('d')])?.owner, 'a')
  assert.equal(
    jobs.next(() => false, []),
    undefined,
  )
  assert.equal(jobs.next(all, [])?.owner, 'd')
  assert.equal(jobs.next(all, []), undefined)
})

test('jobs that are put back come before those of the same claimant, and removed ones are gone', () => {
  const jobs = waiting(job('a', 1, 'later'), job('b'))
  jobs.putBack([job('a', 1, 'back')])
  assert.equal(jobs.length, 3)
  assert.deepEqual(
    jobs.remove(({ owner }) => owner === 'b').map(({ request }) => request),
    ['b'],
  )
  assert.equal(jobs.find(all)?.request, 'back')
  assert.equal(jobs.next(all, [])?.request, 'back')
  assert.equal(jobs.length, 1)
})

test('one owner gets a quarter of the room, by number and by weight, and its first job always while there is any', () => {
  assert.equal(waiting().hasRoom(1_000, 'a', true), true)
  assert.equal(waiting(job('a', 10)).hasRoom(10, 'a', true), true)
  assert.equal(waiting(job('a', 10)).hasRoom(11, 'a', true), false)
  assert.equal(waiting(job('a'), job('a')).hasRoom(1, 'a', true), false)
  assert.equal(waiting(job('a', 70)).hasRoom(11, 'b', true), false)
  assert.equal(waiting(job('a', 70)).hasRoom(11, 'b', false), true)
  assert.equal(waiting(...Array.from({ length: 8 }, (_, n) => job(`${n}`))).hasRoom(1, 'b', false), false)
})
