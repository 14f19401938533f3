/** Text that both engines keep as it is: well-formed, without NUL, at most `limit` UTF-16 units. */
export function cleanText(text: string, limit: number): string {
  const short = text.length > limit ? text.slice(0, limit) : text
  return short.toWellFormed().replaceAll('\0', '')
}
