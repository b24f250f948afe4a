import { downgradeDocument } from '../../src/iodef/downgrade.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { elements } from '../../src/xml/tree.ts'
import { complaint } from '../schemas/support.ts'
import { written } from './upgraded.ts'

/** What elements behind Contact of a public Incident become, as one would write them, and what is lost of them. */
export function behindContact(content: string, before = '') {
  const v2 =
    `<IODEF-Document xmlns="${NS.iodef2}" version="2.00"><Incident purpose="other" restriction="public"><IncidentID name="a">1</IncidentID>` +
    `<GenerationTime>2015-05-05T05:05:05Z</GenerationTime>${before}<Contact role="creator" type="person"/>${content}</Incident></IODEF-Document>`
  const wrong = complaint('iodef-2.0.xsd', v2)
  if (wrong !== undefined) throw new Error(wrong)
  const { document, losses } = downgradeDocument(scan(v2), '')
  const [incident] = elements(document)
  const children = incident === undefined ? [] : elements(incident)
  const own = children.slice(before === '' ? 3 : 2, -1).filter(({ local }) => local !== 'Contact')
  return { shown: written(...own), losses: Object.fromEntries(losses) }
}
