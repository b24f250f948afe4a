/**
 * One client that wants all of a gateway for itself, in a process of its own so that it stands in nobody's way but there:
 * `node flooder.ts PORT CA CERT KEY KIND CONNECTIONS ADDRESS`, from that address. Goes on until it is killed.
 */
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { additionalData, documentText, incidentText } from '../support/documents.ts'

const [port = '', ca = '', cert = '', key = '', kind = '', connections = '1', localAddress = '127.0.0.1'] =
  process.argv.slice(2)
const identity = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
let count = 0

/** What one connection writes, over and over. */
const WRITES: Readonly<Record<string, () => string | Buffer>> = {
  small: () => post(documentText([incidentText({ name: 'flood.example', id: `${process.pid}-${count++}` })])),
  large: () => post(documentText([incidentText({ name: 'flood.example', id: `l${count++}`, content: BULK })])),
  denied: () => post(documentText([incidentText({ id: `d${count++}`, attributes: ' restriction="private"' })])),
  invalid: () => post(documentText(['<Incident purpose="zz"/>'.repeat(20_000)])),
  broken: () => post('<a>'.repeat(200_000)),
  crumbs: () => `${HEAD}Transfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(3_000)}0\r\n\r\n`,
  refused: () => 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
}
const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n'
const BULK = additionalData('<a/>'.repeat(5_000))

function post(body: string): string {
  return `${HEAD}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Writes the next when the last was answered, or its connection was ended. */
async function flood(write: () => string | Buffer): Promise<never> {
  for (;;) {
    const socket = await secured()
    while (!socket.destroyed) {
      socket.write(write())
      await answer(socket)
    }
    await wait(20)
  }
}

/** One byte now and then. */
async function slow(): Promise<never> {
  for (;;) {
    const socket = await secured()
    socket.write(`${HEAD}Content-Length: 1000000\r\n\r\n`)
    for (; !socket.destroyed; await wait(200)) socket.write('x')
  }
}

/** Connects and hangs up, or says nothing: a stranger without a certificate does no more. */
async function knock(): Promise<never> {
  for (;;) {
    const socket = connectTcp({ port: Number(port), host: '127.0.0.1', localAddress })
    socket.on('error', () => {})
    await wait(50)
    if (Math.random() < 0.2) socket.destroy()
  }
}

function secured(): Promise<TLSSocket> {
  return new Promise((resolve) => {
    const from = { host: '127.0.0.1', port: Number(port), localAddress }
    const socket = connect({ ...from, ...identity, servername: 'localhost' })
    socket.on('error', () => {})
    socket.on('close', () => resolve(socket))
    socket.on('secureConnect', () => resolve(socket))
  })
}

function answer(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('data', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('data', done)
    socket.on('close', done)
  })
}

const own = WRITES[kind]
const start = kind === 'slow' ? slow : kind === 'knock' ? knock : own === undefined ? undefined : () => flood(own)
if (start === undefined) throw new Error(`there is no flood ${kind}`)
await Promise.all(Array.from({ length: Number(connections) }, start))
