import { setTimeout as wait } from 'node:timers/promises'
import { byNumber, documentText, incidentId, incidentText, ridText } from '../support/documents.ts'
import type { RidClient } from '../support/rid-client.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { createFailures } from './proof.ts'

const NAME = 'csirt-far.example'

/** A Query for the incident with this number: of whoever asks the same. */
export const query = (number: string) => byNumber(number, NAME)

/** What there is to say of it, and nothing else. */
export const report = (number: string) =>
  ridText(documentText([incidentText({ id: number, name: NAME, attributes: ' restriction="public"' })]), {
    incidentId: incidentId(number, NAME),
  })

/** The number that a RID message is about. */
export function numberIn(message: string): string {
  return new RegExp(`name="${NAME}"[^>]*>([^<]+)<`).exec(message)?.[1] ?? ''
}

interface Question {
  readonly number: string
  /** tokens that its answer was promised with */
  readonly tokens: Set<string>
  /** what a response said of it: its Incident, or why not */
  readonly answers: string[]
}

export interface Asker extends AsyncDisposable {
  readonly name: string
  readonly questions: readonly Question[]
  /** of what was refused, or is no answer */
  readonly unexpected: readonly string[]
  /** Nothing more is asked; resolves when all that was asked has a response. */
  stop(): Promise<void>
  /** What came for a question, in responses and by callback. */
  told(question: Question): readonly string[]
  /** What came by callback with a token that this asker was never promised. */
  strangers(): readonly string[]
}

interface AskerOptions {
  readonly name: string
  readonly client: RidClient
  /** where callbacks come */
  readonly peer: RidPeer
  /** what it asks for next */
  readonly next: () => string
  /** ms */
  readonly pause: number
  /** questions that may wait for a response at a time [any] */
  readonly most?: number
}

/** A RID system that asks one question after the other, each until there is a response. */
export function startAsker({ name, client, peer, next, pause, most = Number.POSITIVE_INFINITY }: AskerOptions): Asker {
  const questions: Question[] = []
  const unexpected: string[] = []
  let stopped = false
  const open = new Set<Promise<void>>()

  async function ask(question: Question): Promise<void> {
    for (;;) {
      const response = await client.post(query(question.number)).catch(() => undefined)
      const token = response?.headers['rid-callback-token']
      if (response?.status === 202 && typeof token === 'string') return void question.tokens.add(token)
      if (response?.status === 200) return void question.answers.push(saidIn(response.body))
      if (response !== undefined && response.status !== 503 && response.status !== 429) {
        unexpected.push(`${name} ${question.number}: ${response.status} ${response.body.slice(0, 200)}`)
        return
      }
      await wait(pause)
    }
  }

  const loop = (async () => {
    while (!stopped) {
      if (open.size >= most) await Promise.race(open)
      const question: Question = { number: next(), tokens: new Set(), answers: [] }
      questions.push(question)
      const task: Promise<void> = ask(question).finally(() => open.delete(task))
      open.add(task)
      await wait(pause)
    }
    await Promise.all(open)
  })()
  const callbacks = () =>
    peer.requests.map(({ headers, body }) => ({ token: `${headers['rid-callback-token']}`, body }))
  return {
    name,
    questions,
    unexpected,
    async stop() {
      stopped = true
      await loop
    },
    told: ({ tokens, answers }) => {
      const came = callbacks().filter(({ token }) => tokens.has(token))
      return [...answers, ...came.map(({ body }) => saidIn(body))]
    },
    strangers() {
      const promised = new Set(questions.flatMap(({ tokens }) => [...tokens]))
      return callbacks().flatMap(({ token, body }) => (promised.has(token) ? [] : [`${token}: ${saidIn(body)}`]))
    },
    async [Symbol.asyncDispose]() {
      stopped = true
      await loop
      await client[Symbol.asyncDispose]()
    },
  }
}

/** The Incident that an answer has, or what it says in its place. */
export function saidIn(message: string): string {
  const [incident] = /<(\w+:)?Incident\b.*<\/(\w+:)?Incident>/s.exec(message) ?? []
  return incident ?? /AuthorizationStatus="\w+"/.exec(message)?.[0] ?? 'nothing'
}

/** Each asker has the one answer to each of its questions, and nobody else's. Says how many were denied where they may be. */
export function judgeAskers(askers: readonly Asker[], failures: ReturnType<typeof createFailures>): number {
  let denied = 0
  for (const asker of askers) {
    for (const question of asker.questions) {
      const told = new Set(asker.told(question))
      const what = `${asker.name} ${question.number}`
      if (told.size > 1) failures.add('two answers', `${what}: ${[...told].join(' and ').slice(0, 300)}`)
      const wrong = [...told].filter((text) => text !== saidIn(report(question.number)))
      // the ring is closed where both ask for it at once
      if (question.number.startsWith('ring-') && wrong.every((text) => text.includes('Denied'))) denied += wrong.length
      else for (const text of wrong) failures.add('another answer', `${what}: ${text.slice(0, 300)}`)
    }
    for (const text of asker.unexpected) failures.add('unexpected response', text)
    for (const text of asker.strangers()) failures.add("somebody else's", `${asker.name}: ${text.slice(0, 200)}`)
  }
  return denied
}

/** Sent until somebody takes it or refuses it. */
export async function untilAnswered<Response extends { readonly status: number }>(post: () => Promise<Response>) {
  for (;;) {
    const response = await post().catch(() => undefined)
    if (response !== undefined && response.status < 500) return response
    await wait(200)
  }
}
