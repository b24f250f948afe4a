/**
 * Takes white space off both ends as XML Schema does for every type but strings (Part 2 §4.3.6): space, tab, line feed and
 * carriage return, nothing else. String.trim() would take a no-break space, too, and call a wrong identifier right.
 */
export function trim(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isWhite(value.charCodeAt(start))) start += 1
  while (end > start && isWhite(value.charCodeAt(end - 1))) end -= 1
  return value.slice(start, end)
}

function isWhite(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}
