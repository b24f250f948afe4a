import { IODEF1 } from './documents.ts'

/** Elements as XEP-0268 shows them, with the same flaws: nothing of it is valid IODEF 1 as it stands. */

const JID = 'urn:xmpp:jid:0'

const xmpp = (who: string) => `<Address category="ext-category" ext-category="xmpp">${who}</Address>`
const jid = (who: string, ns = JID) => `<AdditionalData>\n<jid xmlns="${ns}">${who}</jid>\n</AdditionalData>`
const node = (who: string, count: number) =>
  `<Node>${xmpp(who)}\n<Counter type="ext-type" ext-type="presences">${count}</Counter></Node>`

const ID = '<IncidentID name="chat.example">room-flood-7</IncidentID>'

const CONTENT = `${ID}
  <StartTime>2026-03-02T10:00:00Z</StartTime>
  <EndTime>2026-03-02T10:20:00Z</EndTime>
  <ReportTime>2026-03-02T10:30:00Z</ReportTime>
  <Description xml:lang="en">a flood of presences in two rooms</Description>
  <Contact role="admin" type="person">${jid('admin@chat.example', 'urn:xmpp:incident:2')}</Contact>
  <Contact role="admin" type="person">${jid('admin@chat.example')}</Contact>
  <Contact role="ext-type" ext-type="room">${jid('operators@rooms.chat.example')}</Contact>
  <RelatedActivity><IncidentID name="other.example">room-flood-6</IncidentID></RelatedActivity>
  <Assessment><Impact lang="en" severity="medium" completion="succeeded" type="dos"/></Assessment>`

const flow = (more = '') => `<EventData>
    <Flow>
      <System category="source">
        ${node('one@bad.example', 90)}
        ${node('two@bad.example', 30)}
      </System>
      <System category="target"><Node>${xmpp('a@rooms.chat.example')}${xmpp('b@rooms.chat.example')}
        <NodeRole category="ext-category" ext-category="xmpp-room"/></Node></System>
    </Flow>${more}
  </EventData>`

const EXPECTED = '<Expectation action="block-host"/>'

const HISTORY = `<History><HistoryItem action="blocklist">
    <DateTime>2026-03-02T11:00:00Z</DateTime><Description>both accounts are closed</Description></HistoryItem></History>`

const element = (name: string, purpose: string, content: string) =>
  `<${name} xmlns="urn:xmpp:incident:2">\n<Incident xmlns="${IODEF1}" purpose="${purpose}">\n${content}\n</Incident>\n</${name}>`

export const XEP_0268 = {
  report: element('report', 'reporting', CONTENT + flow()),
  inquiry: element('inquiry', 'traceback', ID),
  request: element('request', 'mitigation', CONTENT + flow(EXPECTED)),
  response: element('response', 'mitigation', CONTENT + flow(EXPECTED) + HISTORY),
} as const
