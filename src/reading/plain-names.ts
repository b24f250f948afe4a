import { contentModel } from '../iodef/content-model.ts'
import { isIdentifier, mayIdentify } from '../iodef/identifiers.ts'
import { isRuled } from '../iodef/rules.ts'
import { isExtension } from '../iodef/rules-enumerations.ts'
import { mayBeTolerated } from '../iodef/tolerated.ts'
import { obstacleOf } from '../profile/carriable.ts'
import { mentionOf } from '../rid/mentions.ts'
import { NS } from '../xml/namespaces.ts'
import type { AttributeTraits, ElementTraits, Vocabulary } from '../xml/native-names.ts'
import { isType } from '../xml/start-tag.ts'
import type { XmlElement } from '../xml/tree.ts'
import { isOwn, SAYS } from './facts.ts'
import { isKnownAround } from './valid-when-wrapped.ts'

/** What names tell of a document that is read straight from libxml2's tree: where to look, and what is not plain. */
export const plainNames: Vocabulary = {
  element(ns: string, local: string): ElementTraits {
    const element = bare(ns, local)
    const isSignature = ns === NS.ds && local === 'Signature'
    return {
      // an obstacle, or what makes a document fragile
      odd: ns === '' || isSignature || isKnownAround(element) || obstacleOf(element, 1) !== undefined,
      looked:
        (local === 'Incident' ? SAYS.restriction | SAYS.incident : 0) |
        (mayIdentify(local) ? SAYS.identifier : 0) |
        (mayBeTolerated(local) ? SAYS.tolerated : 0) |
        (mentionOf(element) === undefined ? 0 : SAYS.mention),
      judged: isRuled(element),
      elementOnly: contentModel.elementOnly(element),
      opaque: contentModel.opaque(element),
      plainColons: isOwn(element),
    }
  },
  attribute(ns: string, local: string): AttributeTraits {
    const extension = isExtension({ ns, local })
    const isRestriction = ns === '' && (local === 'restriction' || local === 'ext-restriction')
    return {
      odd:
        isType({ ns, local }) ||
        obstacleOf({ ...bare(NS.iodef2, 'a'), attributes: [{ ns, local, value: '' }] }, 1) !== undefined,
      looked: (isRestriction ? SAYS.restriction : 0) | (isIdentifier({ ns, local }) ? SAYS.identifier : 0),
      judged: extension !== undefined,
      extensible: extension === 'ext-value',
    }
  },
}

function bare(ns: string, local: string): XmlElement {
  return { ns, local, attributes: [], children: [], line: 0, column: 0, start: 0, end: 0 }
}
