/** `createHistoryStream` (protocol guide, "createHistoryStream"): served, and called where a peer has no EBT. */
import type { Clock } from '#base/clock.ts'
import { isObject, type Json, type JsonObject } from '#base/json.ts'
import type { NativeRecord, Records } from '#network/host.ts'
import { isFeedId } from '#networks/ssb/refs.ts'
import type { FollowGraph } from '#networks/ssb/replicate/graph.ts'
import type { MessageIntake } from '#networks/ssb/replicate/intake.ts'
import { RemoteError } from '#networks/ssb/wire/rpc-errors.ts'
import type { Body, Caller, Method, Rpc } from '#networks/ssb/wire/rpc.ts'

/** What both sides need. */
export type HistoryParts = {
  readonly records: Pick<Records, 'range'>
  readonly intake: MessageIntake
  readonly graph: FollowGraph
  readonly clock: Clock
}

const PAGE = 64
/** Streams that are open at a peer at once. */
const AT_ONCE = 8
/** Milliseconds between two visits of all feeds. */
const PERIOD = 60_000

/** The method that peers call: checked messages of one feed, from `sequence` (or `seq`) on. */
export function historyMethod(parts: HistoryParts): Method {
  return {
    type: 'source',
    allow: (remote) => !parts.graph.isBlocked(remote),
    handle: (args, caller) => serve(parts, args[0], caller),
  }
}

/** Fetches every wanted feed from a peer, again and again until the connection closes or `signal` is aborted. */
export async function fetchHistories(
  parts: HistoryParts,
  rpc: Rpc,
  signal: AbortSignal,
): Promise<void> {
  const { graph, clock } = parts
  const over = new AbortController()
  const stop = (): void => over.abort()
  signal.addEventListener('abort', stop, { once: true })
  void rpc.closed.then(stop)
  while (!signal.aborted && !over.signal.aborted) {
    const feeds = [...graph.wanted()].values()
    const fetchNext = async (): Promise<void> => {
      for (const feed of feeds) {
        if (!(await fetchFeed(parts, rpc, feed, over.signal))) over.abort()
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, fetchNext))
    await pause(clock, over.signal)
  }
  signal.removeEventListener('abort', stop)
}

type Wish = {
  readonly id: string
  readonly from: number
  readonly limit: number
  readonly live: boolean
  readonly old: boolean
  readonly keys: boolean
}

function readWish(argument: Json | undefined): Wish | undefined {
  if (!isObject(argument) || !isFeedId(argument['id'])) return undefined
  const from = countOf(argument['sequence'] ?? argument['seq']) ?? 1
  return {
    id: argument['id'],
    from: Math.max(1, from),
    limit: countOf(argument['limit']) ?? Infinity,
    live: argument['live'] === true,
    old: argument['old'] !== false,
    keys: argument['keys'] !== false,
  }
}

function countOf(value: Json | undefined): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

async function* serve(
  { records, intake, graph, clock }: HistoryParts,
  argument: Json | undefined,
  { rpc, signal }: Caller,
): AsyncGenerator<Body> {
  const wish = readWish(argument)
  if (!wish || !graph.wants(wish.id) || graph.blocks(wish.id, rpc.remote)) return
  let next = wish.old ? wish.from : intake.checked(wish.id) + 1
  let left = wish.limit
  while (left > 0 && !signal.aborted) {
    const count = Math.min(PAGE, left, intake.checked(wish.id) - next + 1)
    const page = count > 0 ? await records.range(wish.id, next, count) : []
    for (const record of page) yield bodyOf(record, wish.keys, clock)
    next += page.length
    left -= page.length
    if (page.length > 0) continue
    if (!wish.live || !graph.wants(wish.id) || graph.blocks(wish.id, rpc.remote)) return
    await news(intake, wish.id, signal)
  }
}

/** Resolves when messages of the feed became passable, or the call is over. */
function news(intake: MessageIntake, feed: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const stop = intake.onChecked((changed) => {
      if (changed === feed) done()
    })
    if (signal.aborted) return done()
    signal.addEventListener('abort', done, { once: true })
  })
}

function bodyOf({ id, bytes }: NativeRecord, keys: boolean, clock: Clock): Body {
  if (!keys) return { type: 'json', bytes }
  const before = Buffer.from(`{"key":"${id}","value":`)
  const after = Buffer.from(`,"timestamp":${clock.now()}}`)
  return { type: 'json', bytes: Buffer.concat([before, bytes, after]) }
}

/** False when the peer refuses: then it refuses the others too. */
async function fetchFeed(
  { intake, graph }: HistoryParts,
  rpc: Rpc,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || !graph.wants(id)) return true
  // Some peers take it as "from", some as "after": one message comes twice at worst.
  const sequence = intake.sequence(id)
  const wish: JsonObject = { id, sequence, seq: sequence, live: false, old: true, keys: false }
  try {
    const source = rpc.source(['createHistoryStream'], [wish], { signal, timeout: 30_000 })
    let known = 0
    for await (const body of source) {
      const { outcome } = intake.take(valueOf(body), rpc.remote)
      if (outcome === 'known' && ++known > PAGE) break
      if (outcome !== 'taken' && outcome !== 'known') break
      await intake.room(rpc.remote)
    }
    return true
  } catch (error) {
    return !(error instanceof RemoteError)
  }
}

/** Some peers send `{key, value, timestamp}` although it was not asked for. */
function valueOf(body: Body): Body {
  const text = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength)
  if (body.type !== 'json' || !text.subarray(0, 6).equals(KEYED)) return body
  try {
    const { value } = JSON.parse(text.toString()) as { value?: unknown }
    return { type: 'json', bytes: Buffer.from(JSON.stringify(value) ?? '') }
  } catch {
    return body
  }
}

const KEYED = Buffer.from('{"key"')

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(PERIOD, done)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}
