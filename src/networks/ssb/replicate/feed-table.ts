/** What is known of every feed, in columns: about 80 bytes a feed. */
import type { Head } from '#network/host.ts'
import type { FeedState } from '#networks/ssb/feed/message.ts'
import { openIdTable, type IdTable } from '#networks/ssb/replicate/id-table.ts'

/** The state of all feeds, by the numbers of one id table. */
export interface FeedTable {
  readonly ids: IdTable
  /** Newest sequence taken in, provisional ones included; 0 when there is none. */
  sequence(feed: number): number
  /** Newest sequence whose signature, and all before it, are checked and stored. */
  checked(feed: number): number
  /** Bytes of messages taken in since the table was made. */
  bytes(feed: number): number
  /** The message that the next one must name as its previous. */
  tip(feed: number): FeedState | undefined
  /** Moves the tip to the message `id` at `sequence`; both ways are allowed. */
  move(feed: number, sequence: number, id: string | null, bytes?: number): void
  pass(feed: number, checked: number): void
}

/** Makes a table of the feeds that are stored. */
export function openFeedTable(heads: readonly Head[]): FeedTable {
  const ids = openIdTable()
  let columns = columnsOf(Math.max(64, heads.length))
  const table: FeedTable = {
    ids,
    sequence: (feed) => columns.sequence[feed] ?? 0,
    checked: (feed) => columns.checked[feed] ?? 0,
    bytes: (feed) => columns.bytes[feed] ?? 0,
    tip(feed) {
      const sequence = columns.sequence[feed]
      if (!sequence) return undefined
      const id = columns.tip.toString('base64', feed * 32, feed * 32 + 32)
      return { id: `%${id}.sha256`, sequence }
    },
    move(feed, sequence, id, bytes = 0) {
      if (feed >= columns.sequence.length) columns = columnsOf(feed * 2, columns)
      columns.sequence[feed] = sequence
      columns.bytes[feed] = (columns.bytes[feed] ?? 0) + bytes
      if (id) columns.tip.write(id.slice(1, 45), feed * 32, 32, 'base64')
    },
    pass: (feed, checked) => void (columns.checked[feed] = checked),
  }
  for (const head of heads) {
    const feed = ids.add(head.feed)
    table.move(feed, head.sequence, head.id)
    table.pass(feed, head.checked)
  }
  return table
}

type Columns = {
  readonly tip: Buffer
  readonly sequence: Int32Array
  readonly checked: Int32Array
  readonly bytes: Float64Array
}

function columnsOf(feeds: number, old?: Columns): Columns {
  const columns = {
    tip: Buffer.alloc(feeds * 32),
    sequence: new Int32Array(feeds),
    checked: new Int32Array(feeds),
    bytes: new Float64Array(feeds),
  }
  if (!old) return columns
  old.tip.copy(columns.tip)
  columns.sequence.set(old.sequence)
  columns.checked.set(old.checked)
  columns.bytes.set(old.bytes)
  return columns
}
