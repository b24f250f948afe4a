/**
 * A Broker of a few lines with one Topic, `incident`, that keeps its last 100 items: what it costs is little, and the same for the first
 * item and the millionth. Environment: CERT, KEY (PEM files).
 */
import { type FakeIq, startFakeController } from '../test/support/fake-controller.ts'
import { OddBroker } from '../test/support/odd-broker.ts'
import { serve } from './child.ts'

const KEPT = 100

const { CERT: cert = '', KEY: key = '' } = process.env
const broker = new OddBroker({})
const fake = await startFakeController({ certificate: { cert, key }, forgets: true, onIq })
broker.tell = (xml) => void fake.send(xml)

function onIq(iq: FakeIq): string | undefined {
  const said = broker.onIq(iq)
  broker.stored.length = 0
  const { items } = broker.topic
  for (const id of items.keys()) {
    if (items.size <= KEPT) break
    items.delete(id)
  }
  return said
}

serve({ start: () => fake.service })
