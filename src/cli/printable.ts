/** Foreign text for a terminal: no character of it may steer the terminal or turn the direction of what follows. */

const control = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text with line breaks kept and control characters shown as `�`. */
export function printable(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', ' ')
    .replaceAll(control, (found) => (found === '\n' ? found : '\ufffd'))
}

/** The same on one line, at most `max` characters. */
export function oneLine(text: string, max = 200): string {
  const line = printable(text).replaceAll(/\s+/g, ' ').trim()
  if (line.length <= max) return line
  // Not between the halves of one character.
  return `${line.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
