/** What Scuttlebutt can carry. */
import type { Abilities } from '#network/abilities.ts'
import { MAX_READERS } from '#networks/ssb/feed/private-box.ts'

/**
 * A message has 8,192 UTF-16 units. About 450 are its own fields, 240 a place in a thread, 600 five mentions; of what
 * is left every eighth may be a line break or a quotation mark, which count double. A longer text may fit and is tried.
 */
const MAX_TEXT = 6000

/** What Scuttlebutt can carry. */
export const abilities: Abilities = {
  deeds: new Set(['post', 'message', 'profile', 'react', 'follow', 'block', 'subscribe']),
  maxText: MAX_TEXT,
  maxRecipients: MAX_READERS,
  // The default limit of other programs.
  maxBlob: 5 * 1024 * 1024,
  canForget: false,
  offline: true,
}
