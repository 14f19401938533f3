/** What each peer's clock was when we parted: what has not changed since needs no word (request skipping). */
import type { StateBox } from '#network/host.ts'
import { feedIdOf, isFeedId, bytesOf } from '#networks/ssb/refs.ts'

/** Remembered clocks, one a peer. */
export interface ClockMemory {
  load(peer: string): Promise<Map<string, number>>
  save(peer: string, clock: ReadonlyMap<string, number>): Promise<void>
  /** Forgets all: after a restore, what peers remember of us may be more than we have. */
  clear(): Promise<void>
}

const PREFIX = 'ebt/'
const ENTRY = 36

/** Opens the memory of at most `maxPeers` clocks of at most `maxFeeds` entries. Per entry: key (32), sequence (int32). */
export function openClockMemory(
  state: StateBox,
  { maxPeers = 1_000, maxFeeds = 100_000 } = {},
): ClockMemory {
  return {
    async load(peer) {
      const bytes = await state.get(PREFIX + peer)
      return bytes ? decode(bytes) : new Map()
    },
    async save(peer, clock) {
      const known = await state.keys(PREFIX)
      const others = known.filter((key) => key !== PREFIX + peer)
      // Which one goes does not matter much: it costs that peer one full clock.
      if (others.length >= maxPeers && others[0]) await state.delete(others[0])
      await state.put(PREFIX + peer, encode(clock, maxFeeds))
    },
    async clear() {
      for (const key of await state.keys(PREFIX)) await state.delete(key)
    },
  }
}

function encode(clock: ReadonlyMap<string, number>, maxFeeds: number): Uint8Array {
  const bytes = Buffer.alloc(Math.min(clock.size, maxFeeds) * ENTRY)
  let at = 0
  for (const [feed, sequence] of clock) {
    if (at === bytes.length) break
    bytes.set(bytesOf(feed), at)
    at = bytes.writeInt32LE(sequence, at + 32)
  }
  return bytes
}

function decode(bytes: Uint8Array): Map<string, number> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const clock = new Map<string, number>()
  for (let at = 0; at + ENTRY <= buffer.length; at += ENTRY) {
    const feed = feedIdOf(buffer.subarray(at, at + 32))
    if (isFeedId(feed)) clock.set(feed, buffer.readInt32LE(at + 32))
  }
  return clock
}
