/** Foreign text for a terminal: no character of it may steer the terminal or turn the direction of what follows. */

const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Text with line breaks kept and control characters shown as `�`. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\t', ' ').replaceAll(control, '\ufffd')
}

/** The same on one line, at most `max` characters. */
export function oneLine(text: string, max = 200): string {
  const line = printable(text).replaceAll(/\s+/g, ' ').trim()
  const letters = [...line]
  return letters.length > max ? `${letters.slice(0, max - 1).join('')}…` : line
}
