/** After a crash: what was stored before its own signature was checked is read again and checked. */
import type { Head, NativeRecord, Records } from '#network/host.ts'
import type { FeedState, Invalid, SignedMessage } from '#networks/ssb/feed/message.ts'
import { linksTo } from '#networks/ssb/feed/links.ts'
import type { Background } from '#networks/ssb/replicate/intake/background.ts'
import { decodeOpen, type Flow } from '#networks/ssb/replicate/intake/flow.ts'
import { weightOf, type Item } from '#networks/ssb/replicate/intake/item.ts'

const PAGE = 256

/** Checks every provisional record; resolves when each feed is checked to its end or cut. */
export async function recover(
  heads: readonly Head[],
  records: Records,
  flow: Flow,
  background: Background,
  parse: (bytes: Uint8Array) => SignedMessage | Invalid,
): Promise<void> {
  using _hurry = flow.commits.hurry()
  for (const head of heads) {
    if (head.sequence > head.checked) await recoverFeed(head, records, flow, background, parse)
  }
  await flow.budget.idle()
  await flow.commits.idle()
}

async function recoverFeed(
  head: Head,
  records: Records,
  flow: Flow,
  background: Background,
  parse: (bytes: Uint8Array) => SignedMessage | Invalid,
): Promise<void> {
  const feed = flow.feeds.ids.find(head.feed)
  let state = await stateAt(head, records)
  for (let next = head.checked + 1; next <= head.sequence;) {
    const run: Item[] = []
    for (const record of await records.range(head.feed, next, PAGE)) {
      const parsed = parse(record.bytes)
      if ('invalid' in parsed || linksTo(parsed.message, state)) break
      state = { id: parsed.message.id, sequence: next++ }
      run.push(itemOf(feed, parsed, record, flow))
    }
    if (run.length === 0) return cutAt(feed, head.feed, next, state, flow)
    for (const item of run) flow.budget.take('', item.cost)
    background.expect(run)
    background.push(run)
    await flow.budget.room('')
    if (flow.feeds.sequence(feed) < head.sequence) return
  }
}

async function stateAt(head: Head, records: Records): Promise<FeedState | undefined> {
  if (head.checked === 0) return undefined
  const [record] = await records.range(head.feed, head.checked, 1)
  return record && { id: record.id, sequence: head.checked }
}

function itemOf(feed: number, parsed: SignedMessage, record: NativeRecord, flow: Flow): Item {
  const { message, signed, signature } = parsed
  const check = { signed, signature }
  const cost = weightOf(signed.length + record.bytes.length)
  const item = { feed, epoch: 0, peer: '', message, check, cost, good: false }
  // Its posts are on disk as provisional deeds: decoding marks them to be confirmed.
  decodeOpen(item, flow.decode)
  return item
}

/** A record on disk that is no message of the feed any more: all from there on is fetched again. */
function cutAt(
  feed: number,
  id: string,
  sequence: number,
  state: FeedState | undefined,
  flow: Flow,
): void {
  flow.feeds.move(feed, sequence - 1, state?.id ?? null)
  flow.commits.push({
    intake: { dropped: [{ feed: id, sequence }] },
    stored: () => undefined,
  })
}
