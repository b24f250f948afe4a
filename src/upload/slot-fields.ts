/** XEP-0363 §4: what a service may ask for beside the request for its file; all else is not copied. */
const COPIED = ['authorization', 'cookie', 'expires']

/** The header fields of a slot that go into the PUT, their values in one line (XEP-0363 §4). */
export function slotFields(
  fields: readonly { readonly name: string; readonly value: string }[],
): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap(({ name, value }) => {
      const known = COPIED.find((one) => one === name.trim().toLowerCase())
      return known === undefined ? [] : [[known, value.replaceAll(/[\r\n]/g, '').trim()]]
    }),
  )
}
