/** Private messages that could not be opened when they came: tried again when a new key is there. */
import { isObject, type JsonObject } from '#base/json.ts'
import type { Deed } from '#model/deed.ts'
import type { Host } from '#network/host.ts'
import type { Invalid, SignedMessage } from '#networks/ssb/feed/message.ts'
import type { FeedTable } from '#networks/ssb/replicate/feed-table.ts'
import type { Unseal } from '#networks/ssb/replicate/intake.ts'
import type { Decode } from '#networks/ssb/replicate/intake/item.ts'

const PAGE = 256
const BOX = Buffer.from('.box')

/** What a walk over the stored boxes needs. */
export type BoxParts = {
  readonly host: Pick<Host, 'records' | 'receive'>
  readonly feeds: FeedTable
  readonly parse: (bytes: Uint8Array) => SignedMessage | Invalid
  readonly decode: Decode
}

/** Opens what `unseal` opens of the checked records; resolves to how many. @throws the signal's reason */
export async function retryBoxes(
  parts: BoxParts,
  unseal: Unseal,
  signal?: AbortSignal,
): Promise<number> {
  const { host, feeds, parse, decode } = parts
  let opened = 0
  for (let feed = 0; feed < feeds.ids.size; feed++) {
    for (let next = 1; next <= feeds.checked(feed); next += PAGE) {
      signal?.throwIfAborted()
      const limit = Math.min(PAGE, feeds.checked(feed) - next + 1)
      const deeds: Deed[] = []
      for (const { bytes } of await host.records.range(feeds.ids.id(feed), next, limit)) {
        const box = boxOf(bytes, parse)
        const plain = box && openedBy(unseal, box)
        if (!box || !plain) continue
        opened++
        deeds.push(...decode(box.message, plain).deeds)
      }
      if (deeds.length > 0) await host.receive({ deeds })
    }
  }
  return opened
}

function boxOf(bytes: Uint8Array, parse: BoxParts['parse']): SignedMessage | undefined {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(BOX)) return undefined
  const parsed = parse(bytes)
  return 'invalid' in parsed || typeof parsed.message.content !== 'string' ? undefined : parsed
}

function openedBy(unseal: Unseal, { message }: SignedMessage): JsonObject | undefined {
  const plain = unseal(message.content as string)
  return isObject(plain) ? plain : undefined
}
