import { run } from './cli/cli.ts'
import { endProcess } from './cli/end-process.ts'
import { flushLog } from './log.ts'

// The runtime that the package pins; an older one lacks node:sqlite as we need it (docs/decisions)
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(`iodef-gateway needs Node.js 24 or newer; this is ${process.versions.node}.\n`)
  process.exit(2)
}

// `iodef-gateway ... | head`: the reader has seen enough, and that is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') endProcess(0)
})

const code = await run(process.argv.slice(2), { out: process.stdout, err: process.stderr, env: process.env })
flushLog()
endProcess(code)
