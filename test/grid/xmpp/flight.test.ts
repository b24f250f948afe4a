import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Flight } from '../../../src/grid/xmpp/flight.ts'

/** A line whose clock is ours. */
function line() {
  let now = 0
  const flight = new Flight(() => now)
  return {
    flight,
    /** Writes a question of that size, answered `ms` later. */
    exchange(size: number, ms: number, padding = 0) {
      flight.wrote(size)
      flight.asked()
      const place = flight.written
      if (padding > 0) flight.padded(padding)
      now += ms
      flight.answered(place)
    },
    patienceFor(ahead: number) {
      return flight.overdue(flight.read + ahead, now, 10_000) - now
    },
  }
}

test('the rate is what the line takes while there is something to take', () => {
  const { flight, exchange } = line()
  assert.equal(flight.rate, undefined)
  for (let i = 0; i < 10; i += 1) exchange(10_000, 1_000)
  assert.equal(Math.round(flight.rate ?? 0), 10_000)
})

test('small questions that are answered late say nothing of the rate', () => {
  const { flight, exchange } = line()
  for (let i = 0; i < 20; i += 1) exchange(200, 500)
  assert.equal(flight.rate, undefined)
})

test('an answer that had to be asked for with white space says nothing of the rate', () => {
  const { flight, exchange } = line()
  for (let i = 0; i < 10; i += 1) exchange(10_000, 1_000)
  exchange(100_000, 60_000, 50_000)
  assert.ok((flight.rate ?? 0) > 9_000, `${flight.rate}`)
})

test('a line of which nothing is known is given the time that the slowest needs', () => {
  assert.equal(line().patienceFor(200_000), 210_000)
})

test('a line that took much quickly is not waited for as if it were slow: it is dead', () => {
  const { exchange, patienceFor } = line()
  for (let i = 0; i < 100; i += 1) exchange(5_000, 5)
  assert.ok(patienceFor(100_000) < 12_000, `${patienceFor(100_000)} ms`)
})

test('a burst that a server lets pass makes no line quick', () => {
  const { exchange, patienceFor } = line()
  exchange(20_000, 10)
  assert.equal(patienceFor(200_000), 210_000)
})

test('a line that was measured is given four times what it should need', () => {
  const { exchange, patienceFor } = line()
  for (let i = 0; i < 10; i += 1) exchange(10_000, 1_000)
  assert.equal(Math.round(patienceFor(100_000) / 1_000), 50)
})

test('a line is known when more came through than a burst', () => {
  const { flight, exchange } = line()
  assert.equal(flight.isKnown, false)
  exchange(30_000, 10)
  assert.equal(flight.isKnown, false)
  exchange(35_000, 10)
  assert.equal(flight.isKnown, true)
})

test('a megabyte on a line through which twice a burst came at once is waited for half a minute', () => {
  const { exchange, patienceFor } = line()
  exchange(65_536, 20)
  assert.ok(patienceFor(1_000_000) < 45_000, `${patienceFor(1_000_000)} ms`)
})

test('lines that fall silent again and again may be slower than they seem, and are waited for longer', () => {
  const { flight, exchange, patienceFor } = line()
  exchange(65_536, 20)
  const patience = [0, 1, 2, 3, 9].map((times) => {
    flight.beware(times)
    return patienceFor(1_000_000)
  })
  assert.equal(patience[1], patience[0])
  assert.ok((patience[2] ?? 0) > 2 * (patience[1] ?? 0))
  assert.ok((patience[3] ?? 0) > 2 * (patience[2] ?? 0))
  // never less than a line must take to count as alive
  assert.equal(patience[4], 1_010_000)
})
