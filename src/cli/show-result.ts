import { isObject, type Json } from '#base/json.ts'
import { oneLine } from '#cli/printable.ts'

/** What a long work found, as `Done: 3 posts, 2 blobs`. */
export function showResult(done: string, result: Json): string {
  if (!isObject(result)) return `${done}.`
  const parts = Object.entries(result).map(([name, value]) => {
    const words = name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`)
    if (typeof value === 'number') return `${value.toLocaleString('en')} ${words}`
    return `${words} ${oneLine(typeof value === 'string' ? value : JSON.stringify(value))}`
  })
  return parts.length > 0 ? `${done}: ${parts.join(', ')}.` : `${done}.`
}
