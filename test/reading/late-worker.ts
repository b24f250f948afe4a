/** A thread of a pool that takes until it is told to, to start or to fail. */
const channel = new BroadcastChannel('late-worker')
const word = await new Promise((resolve) => {
  channel.onmessage = ({ data }) => resolve(data)
})
channel.close()
if (word !== 'start') throw new Error('cannot start')
await import('./pool-worker.ts')
