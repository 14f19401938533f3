/** The type of a file by its first bytes; only types that a browser shows without running anything. */

const signatures: readonly (readonly [type: string, at: number, bytes: string])[] = [
  ['image/png', 0, '89504e470d0a1a0a'],
  ['image/jpeg', 0, 'ffd8ff'],
  ['image/gif', 0, '47494638'],
  ['image/webp', 8, '57454250'],
  ['image/avif', 4, '6674797061766966'],
  ['audio/mpeg', 0, '494433'],
  ['audio/ogg', 0, '4f676753'],
  ['audio/flac', 0, '664c6143'],
  ['audio/wav', 8, '57415645'],
  ['audio/mp4', 4, '667479704d3441'],
  ['video/mp4', 4, '66747970'],
  ['video/webm', 0, '1a45dfa3'],
]

/** @param head the first bytes, 16 are enough; undefined for a type that is not known to be harmless */
export function mediaType(head: Uint8Array): string | undefined {
  const hex = head.toHex()
  return signatures.find(([, at, bytes]) => hex.startsWith(bytes, at * 2))?.[0]
}
