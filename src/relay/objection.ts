/**
 * One reason not to do what is asked. Lists of them are gone through in order, and the first that holds is answered: whoever reads a
 * list knows what counts first. docs/guide.md has each by its name, and a test compares them.
 */
export interface Objection<Asked, Answer> {
  /** the fixed word in metrics, log and trace */
  readonly name: string
  readonly when: (asked: Asked) => boolean
  readonly answer: Answer
}

/** The first objection that holds; undefined when there is none. */
export function firstObjection<Asked, Answer>(
  objections: readonly Objection<Asked, Answer>[],
  asked: Asked,
): Objection<Asked, Answer> | undefined {
  return objections.find(({ when }) => when(asked))
}
