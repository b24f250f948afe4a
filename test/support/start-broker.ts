import type { Broker, BrokerOptions } from './brokers.ts'
import { startEjabberd } from './ejabberd.ts'
import { startProsody } from './prosody.ts'

export const START: Readonly<Record<Broker['kind'], (options?: BrokerOptions) => Promise<Broker>>> = {
  prosody: startProsody,
  ejabberd: startEjabberd,
}
