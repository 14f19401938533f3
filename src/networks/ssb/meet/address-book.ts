/**
 * The peers that this node knows how to reach: one durable row a peer, bounded in number.
 *
 * What lives shortly (LAN announcements, a room's attendants) is kept in memory only, until it succeeded once.
 */
import type { Clock, Timer } from '#base/clock.ts'
import type { StateBox } from '#network/host.ts'
import { isObject } from '#base/json.ts'

/** Where an address came from; earlier ones are trusted more when room is scarce. */
type AddressSource = 'person' | 'invite' | 'room' | 'lan' | 'attendant' | 'pub'

/** One way to reach a peer. */
export type KnownAddress = {
  /** Multiserver address with the peer's key. */
  readonly address: string
  readonly source: AddressSource
  /** Milliseconds since 1970 when it was last heard of. */
  readonly heard: number
  /** When it last led to a connection. */
  readonly succeeded?: number
  /** Failures in a row. */
  readonly failures: number
  /** Not to be tried by itself before this moment. */
  readonly due: number
  readonly error?: string
}

/** Everything known of one peer. */
export type KnownPeer = {
  /** `@….ed25519` */
  readonly peer: string
  /** Set once it proved to be a room, or gave us an invite. */
  readonly role?: 'pub' | 'room'
  readonly name?: string
  /** True when the person is a member of this room. */
  readonly member?: boolean
  /** False: only dialled when the person asks. */
  readonly automatic: boolean
  readonly addresses: readonly KnownAddress[]
}

/** What a caller may set by hand. */
type PeerFacts = Partial<Pick<KnownPeer, 'role' | 'name' | 'member' | 'automatic'>>

export interface AddressBook extends AsyncDisposable {
  all(): readonly KnownPeer[]
  get(peer: string): KnownPeer | undefined
  /** Adds an address or refreshes it. */
  hear(peer: string, address: string, source: AddressSource): void
  /** Changes what is known of a peer that has an address. */
  describe(peer: string, facts: PeerFacts): void
  /** The address led to a connection. */
  succeeded(peer: string, address: string): void
  /** The address failed; `wait` milliseconds until it is due again. */
  failed(peer: string, address: string, wait: number, error: string): void
  /** Leaves the address alone for `wait` milliseconds. */
  later(peer: string, address: string, wait: number): void
  /** Takes one address away (an attendant left its room). */
  lose(peer: string, address: string): void
  /** Forgets a peer wholly. */
  forget(peer: string): void
  /** Makes every address due now, as after a suspend or a change of network. */
  forgive(): void
  /** Resolves when everything known so far is stored. */
  flush(): Promise<void>
}

const prefix = 'meet/peer/'
const addressesPerPeer = 6
const longest = 1_024
const writeAfter = 1_000
/** Announcements last this long without being repeated (LAN peers announce every 2 s). */
const lifetimes: Partial<Record<AddressSource, number>> = { lan: 20_000 }
const ranks: Record<AddressSource, number> = {
  person: 0,
  invite: 1,
  room: 2,
  lan: 3,
  attendant: 4,
  pub: 5,
}

/**
 * Opens the book over a network's durable state.
 *
 * @param options.limit most peers kept; the least useful one makes room
 */
export async function openAddressBook(options: {
  readonly state: StateBox
  readonly clock: Clock
  readonly limit?: number
}): Promise<AddressBook> {
  const { state, clock, limit = 2_000 } = options
  const peers = new Map<string, KnownPeer>()
  for (const key of await state.keys(prefix)) {
    const row = readRow(await state.get(key))
    if (row) peers.set(row.peer, row)
  }
  return new Book(peers, clock, limit, writer(state, clock, peers))
}

class Book implements AddressBook {
  readonly #peers: Map<string, KnownPeer>
  readonly #clock: Clock
  readonly #limit: number
  readonly #writer: Writer

  constructor(peers: Map<string, KnownPeer>, clock: Clock, limit: number, write: Writer) {
    this.#peers = peers
    this.#clock = clock
    this.#limit = limit
    this.#writer = write
  }

  all(): readonly KnownPeer[] {
    const now = this.#clock.now()
    for (const { peer } of [...this.#peers.values()])
      this.#keep(peer, (known) => isFresh(known, now))
    return [...this.#peers.values()]
  }

  get(peer: string): KnownPeer | undefined {
    return this.#peers.get(peer)
  }

  hear(peer: string, address: string, source: AddressSource): void {
    if (address.length > longest) return
    const row = this.#peers.get(peer) ?? { peer, automatic: true, addresses: [] }
    const old = row.addresses.find((known) => known.address === address)
    const now = this.#clock.now()
    const known: KnownAddress = old
      ? { ...old, heard: now, source: stronger(old.source, source) }
      : { address, source, heard: now, failures: 0, due: 0 }
    const others = row.addresses.filter((other) => other !== old)
    const addresses = [known, ...others].sort(byUse).slice(0, addressesPerPeer)
    // An announcement that only repeats itself is not worth a write.
    if (old?.source === known.source) this.#peers.set(peer, { ...row, addresses })
    else this.#put({ ...row, addresses })
  }

  describe(peer: string, facts: PeerFacts): void {
    const row = this.#peers.get(peer)
    if (row) this.#put({ ...row, ...facts })
  }

  succeeded(peer: string, address: string): void {
    const now = this.#clock.now()
    this.#change(peer, address, (known) => {
      const { address: text, source } = known
      return { address: text, source, heard: now, succeeded: now, failures: 0, due: now }
    })
  }

  failed(peer: string, address: string, wait: number, error: string): void {
    const due = this.#clock.now() + wait
    this.#change(peer, address, (known) => {
      return { ...known, failures: known.failures + 1, due, error: error.slice(0, 200) }
    })
  }

  later(peer: string, address: string, wait: number): void {
    const due = this.#clock.now() + wait
    this.#change(peer, address, (known) => ({ ...known, due }))
  }

  lose(peer: string, address: string): void {
    this.#keep(peer, (known) => known.address !== address)
  }

  forget(peer: string): void {
    this.#keep(peer, () => false)
  }

  forgive(): void {
    for (const row of this.#peers.values()) {
      const addresses = row.addresses.map((known) => ({ ...known, due: 0 }))
      this.#peers.set(row.peer, { ...row, addresses })
    }
  }

  flush(): Promise<void> {
    return this.#writer.flush()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writer.flush()
  }

  #put(row: KnownPeer): void {
    if (!this.#peers.has(row.peer) && this.#peers.size >= this.#limit) {
      const victim = leastUseful(this.#peers)
      this.#peers.delete(victim)
      this.#writer.touch(victim)
    }
    this.#peers.set(row.peer, row)
    this.#writer.touch(row.peer)
  }

  #change(peer: string, address: string, update: (old: KnownAddress) => KnownAddress): void {
    const row = this.#peers.get(peer)
    if (!row?.addresses.some((known) => known.address === address)) return
    const addresses = row.addresses.map((known) =>
      known.address === address ? update(known) : known,
    )
    this.#put({ ...row, addresses })
  }

  #keep(peer: string, wanted: (address: KnownAddress) => boolean): void {
    const row = this.#peers.get(peer)
    if (!row) return
    const addresses = row.addresses.filter(wanted)
    if (addresses.length === row.addresses.length) return
    if (addresses.length === 0) this.#peers.delete(peer)
    else this.#peers.set(peer, { ...row, addresses })
    this.#writer.touch(peer)
  }
}

type Writer = { touch(peer: string): void; flush(): Promise<void> }

/** Writes changed rows together, a moment after the first change. */
function writer(state: StateBox, clock: Clock, peers: ReadonlyMap<string, KnownPeer>): Writer {
  const dirty = new Set<string>()
  let timer: Timer | undefined
  let running: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    for (const peer of [...dirty]) {
      dirty.delete(peer)
      const row = peers.get(peer)
      const kept = row && { ...row, addresses: row.addresses.filter(isDurable) }
      if (kept && kept.addresses.length > 0)
        await state.put(prefix + peer, Buffer.from(JSON.stringify(kept)))
      else await state.delete(prefix + peer)
    }
  }
  function flush(): Promise<void> {
    timer?.cancel()
    timer = undefined
    running = running.then(write, write)
    return running
  }
  return {
    touch(peer: string): void {
      dirty.add(peer)
      timer ??= clock.after(writeAfter, () => {
        // A failed write is tried again with the next change; the book still works from memory.
        flush().catch(() => dirty.add(peer))
      })
    },
    flush,
  }
}

function isDurable(known: KnownAddress): boolean {
  return known.succeeded !== undefined || (known.source !== 'lan' && known.source !== 'attendant')
}

function isFresh(known: KnownAddress, now: number): boolean {
  const lifetime = lifetimes[known.source]
  return lifetime === undefined || known.heard + lifetime > now
}

function stronger(a: AddressSource, b: AddressSource): AddressSource {
  return ranks[a] <= ranks[b] ? a : b
}

/** Most useful first. */
function byUse(a: KnownAddress, b: KnownAddress): number {
  return (
    ranks[a.source] - ranks[b.source] ||
    (b.succeeded ?? 0) - (a.succeeded ?? 0) ||
    b.heard - a.heard
  )
}

function leastUseful(peers: ReadonlyMap<string, KnownPeer>): string {
  let worst: KnownPeer | undefined
  for (const row of peers.values()) if (!worst || usefulness(row) < usefulness(worst)) worst = row
  return worst?.peer ?? ''
}

/** Grows with trust first, then with the last success. */
function usefulness(row: KnownPeer): number {
  const best = Math.min(...row.addresses.map((known) => ranks[known.source]))
  const success = Math.max(...row.addresses.map((known) => known.succeeded ?? 0))
  return (row.role ? 100 : 0) + (6 - best) * 10 + success / 1e13
}

/** A damaged row reads as nothing: the book heals itself as peers are met again. */
function readRow(bytes: Uint8Array | undefined): KnownPeer | undefined {
  if (!bytes) return undefined
  try {
    const row: unknown = JSON.parse(Buffer.from(bytes).toString())
    return isRow(row) ? row : undefined
  } catch {
    return undefined
  }
}

function isRow(row: unknown): row is KnownPeer {
  if (!isObject(row) || typeof row['peer'] !== 'string' || typeof row['automatic'] !== 'boolean')
    return false
  return (
    Array.isArray(row['addresses']) &&
    row['addresses'].length > 0 &&
    row['addresses'].every(isKnownAddress)
  )
}

function isKnownAddress(known: unknown): boolean {
  if (
    !isObject(known) ||
    typeof known['address'] !== 'string' ||
    typeof known['source'] !== 'string' ||
    !Object.hasOwn(ranks, known['source'])
  )
    return false
  return [known['heard'], known['failures'], known['due']].every(
    (number) => typeof number === 'number',
  )
}
