/** What a date and time looks like (XML Schema Part 2 §3.2.7). */
const FORM = '2026-11-01T10:00:00+02:00'

/** The commonest ways to miss it, first match first. */
const MISSES: readonly (readonly [pattern: RegExp, flaw: string])[] = [
  [/^\s*$/, 'there is nothing in it'],
  [/^\d{9,}(?:\.\d+)?$/, 'a count of seconds is no date'],
  [/^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}/, 'the year comes first, then month and day, with hyphens'],
  [/^[A-Za-z]/, 'names of days and months are not read'],
  [/^\d{8}T/i, 'date and time need their hyphens and colons'],
  [/^\d{4}-\d\d-\d\d$/, 'the time of day is missing'],
  [/^\d{4}-\d\d-\d\d\s/, 'a T, not a space, stands between date and time'],
  [/^\d{4}-\d\d-\d\d(?!T)/, 'a capital T stands between date and time'],
  [/T\d\d:\d\d(?!:)/, 'the seconds are missing'],
  [/:\d\d,\d/, 'a fraction of a second has a dot, not a comma'],
  [/T\d\d:\d\d:60/, 'a leap second has no place in XML Schema: write 59, or the next minute'],
  [/\s/, 'there is no space in it'],
  [/[+-]\d{4}$/, 'the time zone has a colon'],
  [/[+-]\d\d$/, 'the time zone has minutes'],
  [/z$/, 'Z is a capital'],
  [/[A-Za-z]{2,}$/, 'the time zone is Z or an offset, not a name'],
  [/[+-](?:1[4-9]|[2-9]\d):/, 'no time zone is that far away'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/, 'there is no such day or time'],
]

/** What is wrong with a value that is no xs:dateTime, and its form. */
export function timeHint(value: string): string {
  const flaw = MISSES.find(([pattern]) => pattern.test(value.trim()))?.[1]
  const why = flaw === undefined ? '' : `: ${flaw}`
  return `A date and time is written as ${FORM}${why}.`
}
