/** The follow graph in memory: which feeds are replicated, as the hops setting and blocks say. */
import type { Clock, Timer } from '#base/clock.ts'
import type { Deed } from '#model/deed.ts'
import type { Tie } from '#network/host.ts'
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
  return new Graph(options)
}

class Graph implements FollowGraph {
  readonly #options: GraphOptions
  readonly #ids = openIdTable()
  readonly #follows = openEdges()
  readonly #blocks = openEdges()
  readonly #requested = new Set<number>()
  readonly #listeners = new Set<(change: GraphChange) => void>()
  readonly #roots: number[]
  #limit: number
  #blocked = new Set<number>()
  #hops = new Uint8Array(0)
  #reached = 0
  #timer: Timer | undefined

  constructor(options: GraphOptions) {
    this.#options = options
    this.#limit = options.hops
    this.#roots = options.roots.map((root) => this.#ids.add(root))
    for (const { from, to, kind } of options.ties) {
      const edges = kind === 'follow' ? this.#follows : this.#blocks
      const [source, target] = [this.#ids.add(from), this.#ids.add(to)]
      if (source >= 0 && target >= 0) edges.add(source, target)
    }
    this.#recompute()
  }

  get size(): number {
    const beside = [...this.#requested].filter((node) => this.#hopsOf(node) === FAR)
    return this.#reached + beside.length
  }

  wants(feed: string): boolean {
    return this.#wants(this.#ids.find(feed))
  }

  wanted(): Iterable<string> {
    return this.#namesOf(this.#wantedNodes())
  }

  hops(feed: string): number | undefined {
    const distance = this.#hopsOf(this.#ids.find(feed))
    return distance === FAR ? undefined : distance
  }

  blocks(from: string, to: string): boolean {
    if (this.#blocks.size === 0) return false
    return this.#blocks.has(this.#ids.find(from), this.#ids.find(to))
  }

  isBlocked(feed: string): boolean {
    return this.#blocked.has(this.#ids.find(feed))
  }

  take(deeds: Iterable<Deed>): void {
    const started: number[] = []
    for (const deed of deeds) {
      if (deed.kind !== 'follow' && deed.kind !== 'block') continue
      const from = this.#ids.add(deed.actor.id)
      const to = this.#ids.add(deed.whom.id)
      if (from < 0 || to < 0) continue
      if (deed.kind === 'follow') started.push(...this.#follow(from, to, deed.on))
      else this.#block(from, to, deed.on)
    }
    // A block that came after the follow in the same batch has told already that the feed stops.
    this.#tell(started.filter((node) => this.#wants(node)))
  }

  request(feed: string, on: boolean): void {
    const node = this.#ids.add(feed)
    if (node < 0) return
    const before = this.#wants(node)
    if (on) this.#requested.add(node)
    else this.#requested.delete(node)
    if (before === this.#wants(node)) return
    if (on) this.#tell([node])
    else this.#tell([], [node])
  }

  addRoot(feed: string): void {
    const root = this.#ids.add(feed)
    if (this.#roots.includes(root)) return
    this.#roots.push(root)
    this.#recompute()
  }

  setHops(hops: number): void {
    this.#limit = hops
    this.#recompute()
  }

  onChange(listener: (change: GraphChange) => void): () => void {
    const own = (change: GraphChange): void => listener(change)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }

  #tell(started: Iterable<number>, stopped: Iterable<number> = [], blocked: Iterable<number> = []) {
    const change = {
      started: this.#namesOf(started),
      stopped: this.#namesOf(stopped),
      blocked: this.#namesOf(blocked),
    }
    if (change.started.length + change.stopped.length + change.blocked.length === 0) return
    for (const listener of this.#listeners) listener(change)
  }

  #recompute(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const before = new Set(this.#wantedNodes())
    const blockedBefore = this.#blocked
    this.#blocked = blockedBy(this.#roots, this.#follows, this.#blocks)
    this.#hops = distances(this.#reach(), this.#ids.size)
    this.#reached = this.#hops.reduce((sum, distance) => (distance < FAR ? sum + 1 : sum), 0)
    const started = this.#wantedNodes().filter((node) => !before.delete(node))
    this.#tell(started, before, this.#blocked.difference(blockedBefore))
  }

  #recomputeFor(from: number): void {
    if (this.#roots.includes(from)) return this.#recompute()
    if (this.#hopsOf(from) >= this.#limit) return
    this.#timer ??= this.#options.clock.after(PATIENCE, () => this.#recompute())
  }

  #follow(from: number, to: number, on: boolean): number[] {
    if (on) return this.#follows.add(from, to) ? this.#extend(from, to) : []
    if (this.#follows.delete(from, to)) this.#recomputeFor(from)
    return []
  }

  #block(from: number, to: number, on: boolean): void {
    const changed = on ? this.#blocks.add(from, to) : this.#blocks.delete(from, to)
    if (changed) this.#recomputeFor(from)
  }

  /** A new follow only shortens distances: nothing else has to be looked at. */
  #extend(from: number, to: number): number[] {
    const distance = this.#hopsOf(from) + 1
    if (distance > this.#limit || this.#hopsOf(to) <= distance) return []
    if (this.#blocked.has(to) || this.#blocks.has(from, to)) return []
    const isNew = this.#hopsOf(to) === FAR
    const room = this.#options.maxFeeds - this.#reached
    if (isNew && room <= 0) return []
    if (this.#ids.size > this.#hops.length) this.#hops = longer(this.#hops, this.#ids.size * 2)
    const news = isNew && !this.#wants(to) ? [to] : []
    this.#hops[to] = distance
    const more = spread(this.#reach(), this.#hops, [to], isNew ? room - 1 : room)
    this.#reached += more.length + (isNew ? 1 : 0)
    return [...news, ...more.filter((node) => !this.#requested.has(node))]
  }

  #reach() {
    return {
      roots: this.#roots,
      follows: this.#follows,
      blocks: this.#blocks,
      blocked: this.#blocked,
      hops: this.#limit,
      limit: this.#options.maxFeeds,
    }
  }

  #hopsOf(node: number): number {
    return this.#hops[node] ?? FAR
  }

  #wants(node: number): boolean {
    return this.#hopsOf(node) < FAR || (this.#requested.has(node) && !this.#blocked.has(node))
  }

  #wantedNodes(): number[] {
    const nodes: number[] = []
    for (let node = 0; node < this.#ids.size; node++) if (this.#wants(node)) nodes.push(node)
    return nodes
  }

  #namesOf(nodes: Iterable<number>): string[] {
    return Array.from(nodes, (node) => this.#ids.id(node))
  }
}

function longer(old: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const hops = new Uint8Array(length).fill(FAR)
  hops.set(old)
  return hops
}
