/** The follow graph in memory: which feeds are replicated, as the hops setting and blocks say. */
import type { Clock, Timer } from '#base/clock.ts'
import type { Deed } from '#model/deed.ts'
import type { Tie } from '#network/host.ts'
import { isFeedId } from '#networks/ssb/refs.ts'
import { blockedBy, distances, FAR, spread } from '#networks/ssb/replicate/graph/distances.ts'
import { openEdges } from '#networks/ssb/replicate/graph/edges.ts'
import { openIdTable } from '#networks/ssb/replicate/id-table.ts'

/** Feeds to start and to stop replicating, and those that an own feed blocks from now on. */
export type GraphChange = {
  readonly started: readonly string[]
  readonly stopped: readonly string[]
  readonly blocked: readonly string[]
}

/** Who follows and blocks whom, and what follows for us. */
export interface FollowGraph extends Disposable {
  /** True for a feed that is replicated. */
  wants(feed: string): boolean
  /** Every feed that is replicated. */
  wanted(): Iterable<string>
  readonly size: number
  /** Hops from the nearest own feed; undefined when out of reach. */
  hops(feed: string): number | undefined
  /** True when a checked message of `from` says that it blocks `to`. */
  blocks(from: string, to: string): boolean
  /** True when an own feed blocks it. */
  isBlocked(feed: string): boolean
  /** Takes in what checked messages say. */
  take(deeds: Iterable<Deed>): void
  /** Replicates a feed beside those of the graph, or not any more. A block is stronger. */
  request(feed: string, on: boolean): void
  addRoot(feed: string): void
  setHops(hops: number): void
  onChange(listener: (change: GraphChange) => void): () => void
}

/** What a graph is made of. */
export type GraphOptions = {
  readonly ties: readonly Tie[]
  /** The own feeds. */
  readonly roots: readonly string[]
  /** 0: only the own feeds; 1: those they follow; 2: those that those follow… */
  readonly hops: number
  /** Most feeds that are replicated, the nearest first. */
  readonly maxFeeds: number
  readonly clock: Clock
}

/** An unfollow somewhere far is not urgent: many are looked at together. */
const PATIENCE = 250

/** Opens the graph. A recompute of 100,000 edges takes a few milliseconds; a new follow only what it adds. */
export function openGraph(options: GraphOptions): FollowGraph {
  const ids = openIdTable()
  const follows = openEdges()
  const blocks = openEdges()
  const requested = new Set<number>()
  const listeners = new Set<(change: GraphChange) => void>()
  const roots = options.roots.map((root) => ids.add(root))
  let limit = options.hops
  let blocked = new Set<number>()
  let hops = new Uint8Array(0)
  let reached = 0
  let timer: Timer | undefined

  const reach = () => ({ roots, follows, blocks, blocked, hops: limit, limit: options.maxFeeds })
  const hopsOf = (node: number): number => hops[node] ?? FAR
  const wants = (node: number): boolean =>
    hopsOf(node) < FAR || (requested.has(node) && !blocked.has(node))
  const namesOf = (nodes: Iterable<number>): string[] => [...nodes].map((node) => ids.id(node))

  function tell(
    started: readonly string[],
    stopped: readonly string[] = [],
    blocked: readonly string[] = [],
  ): void {
    if (started.length + stopped.length + blocked.length === 0) return
    for (const listener of listeners) listener({ started, stopped, blocked })
  }
  function wantedNodes(): number[] {
    const nodes: number[] = []
    for (let node = 0; node < ids.size; node++) if (wants(node)) nodes.push(node)
    return nodes
  }
  function recompute(): void {
    timer?.cancel()
    timer = undefined
    const before = new Set(wantedNodes())
    const blockedBefore = blocked
    blocked = blockedBy(roots, follows, blocks)
    hops = distances(reach(), ids.size)
    reached = hops.reduce((sum, distance) => (distance < FAR ? sum + 1 : sum), 0)
    const after = wantedNodes()
    const started = after.filter((node) => !before.delete(node))
    tell(namesOf(started), namesOf(before), namesOf(blocked.difference(blockedBefore)))
  }
  function recomputeFor(from: number): void {
    if (roots.includes(from)) recompute()
    else if (hopsOf(from) < limit) timer ??= options.clock.after(PATIENCE, recompute)
  }
  /** A new follow only shortens distances: nothing else has to be looked at. */
  function extend(from: number, to: number): number[] {
    const distance = hopsOf(from) + 1
    if (distance > limit || hopsOf(to) <= distance || blocked.has(to) || blocks.has(from, to))
      return []
    const isNew = hopsOf(to) === FAR
    if (isNew && reached >= options.maxFeeds) return []
    if (ids.size > hops.length) hops = longer(hops, ids.size * 2)
    const news = isNew && !wants(to) ? [to] : []
    hops[to] = distance
    if (isNew) reached++
    const more = spread(reach(), hops, [to], options.maxFeeds - reached)
    reached += more.length
    return [...news, ...more.filter((node) => !requested.has(node))]
  }
  function follow(from: number, to: number, on: boolean): number[] {
    if (on) return follows.add(from, to) ? extend(from, to) : []
    if (follows.delete(from, to)) recomputeFor(from)
    return []
  }
  function block(from: number, to: number, on: boolean): void {
    if (on ? blocks.add(from, to) : blocks.delete(from, to)) recomputeFor(from)
  }

  for (const { from, to, kind } of options.ties) {
    if (!isFeedId(from) || !isFeedId(to)) continue
    const edges = kind === 'follow' ? follows : blocks
    edges.add(ids.add(from), ids.add(to))
  }
  recompute()
  return {
    get size() {
      return reached + [...requested].filter((node) => hopsOf(node) === FAR).length
    },
    wants: (feed) => wants(ids.find(feed)),
    wanted: () => namesOf(wantedNodes()),
    hops(feed) {
      const distance = hopsOf(ids.find(feed))
      return distance === FAR ? undefined : distance
    },
    blocks: (from, to) => blocks.has(ids.find(from), ids.find(to)),
    isBlocked: (feed) => blocked.has(ids.find(feed)),
    take(deeds) {
      const started: number[] = []
      for (const deed of deeds) {
        if (deed.kind !== 'follow' && deed.kind !== 'block') continue
        if (!isFeedId(deed.actor.id) || !isFeedId(deed.whom.id)) continue
        const from = ids.add(deed.actor.id)
        const to = ids.add(deed.whom.id)
        if (deed.kind === 'follow') started.push(...follow(from, to, deed.on))
        else block(from, to, deed.on)
      }
      // A block that came after the follow in the same batch has told already that the feed stops.
      tell(namesOf(started.filter(wants)))
    },
    request(feed, on) {
      if (!isFeedId(feed)) return
      const node = ids.add(feed)
      const before = wants(node)
      if (on) requested.add(node)
      else requested.delete(node)
      if (before !== wants(node)) tell(on ? [feed] : [], on ? [] : [feed])
    },
    addRoot(feed) {
      const root = ids.add(feed)
      if (roots.includes(root)) return
      roots.push(root)
      recompute()
    },
    setHops(next) {
      limit = next
      recompute()
    },
    onChange(listener) {
      const own = (change: GraphChange): void => listener(change)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    [Symbol.dispose]() {
      timer?.cancel()
    },
  }
}

function longer(old: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const hops = new Uint8Array(length).fill(FAR)
  hops.set(old)
  return hops
}
