/** The part of @xmpp/client 0.14 that is used; it ships no types. */
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events'

  /** ltx Element: `attrs` as written, prefixes included */
  export interface Element {
    name: string
    parent: Element | null
    attrs: Record<string, string | undefined>
    children: (Element | string)[]
    is(name: string, ns?: string): boolean
    getName(): string
    getNS(): string | undefined
    findNS(prefix?: string): string | undefined
    getChild(name: string, ns?: string): Element | undefined
    getChildren(name: string, ns?: string): Element[]
    getChildElements(): Element[]
    getChildText(name: string, ns?: string): string | null
    text(): string
    append(child: Element): void
    t(text: string): void
    toString(): string
  }

  export type Attributes = Record<string, string | number | undefined> | null
  export type Content = Element | string | undefined | null | false | readonly Content[]

  interface Xml {
    (name: string, attributes?: Attributes, ...children: Content[]): Element
    readonly Element: new (name: string, attributes?: Record<string, string>) => Element
    readonly escapeXML: (text: string) => string
  }
  export const xml: Xml

  export interface JID {
    readonly local: string
    readonly domain: string
    readonly resource: string
    bare(): JID
    toString(): string
  }
  export function jid(address: string): JID

  export interface Connection extends EventEmitter {
    jid: JID | null
    status: string
    socket: unknown
    parser: { write(text: string): void } | null
    timeout: number
    readonly transports: Transport[]
    readonly reconnect: { stop(): void }
    readonly iqCaller: {
      readonly handlers: Map<string, { promise: Promise<unknown>; reject(error: Error): void }>
    }
    readonly iqCallee: {
      get(
        ns: string,
        name: string,
        handler: (context: { element: Element; stanza: Element }) => Element | object | undefined,
      ): void
    }
    connect(service: string): Promise<void>
    open(options: { domain: string; lang: string }): Promise<Element>
    restart(): Promise<Element>
    disconnect(): Promise<unknown>
    write(text: string | Buffer): Promise<void>
    send(element: Element): Promise<void>
    _onElement(element: Element): void
    _onData(data: string): void
    _streamError(condition: string): Promise<unknown>
    header(element: Element): string
  }

  export interface Transport {
    new (): object
    readonly prototype: {
      NS: string
      Socket: unknown
      Parser: unknown
      socketParameters(service: string): unknown
    }
  }

  export function client(options: {
    service: string
    domain: string
    resource?: string
    lang?: string
    timeout?: number
  }): Connection
}
