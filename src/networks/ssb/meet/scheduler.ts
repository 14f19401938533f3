/**
 * Keeps a few connections up: who the person asked for, then the local network, rooms, peers with news, the rest.
 *
 * Every address has its own back-off. After a suspend (the clock jumps) and in another network all waits are forgotten and
 * the connections are checked.
 * Nothing is dialled while the machine has no network, and peers that are connected for long without news make room.
 */
import type { Clock, Timer } from '#base/clock.ts'
import type { AddressBook, KnownAddress, KnownPeer } from '#networks/ssb/meet/address-book.ts'
import type { ConnectionEvent, Connections } from '#networks/ssb/meet/connections.ts'
import { addressText, hostOf, readAddresses } from '#networks/ssb/meet/address.ts'
import { drawWait } from '#networks/ssb/meet/back-off.ts'
import { reasonOf } from '#networks/ssb/meet/errors.ts'
import { isLocalAddress } from '#networks/ssb/meet/lan/interfaces.ts'
import type { Rpc } from '#networks/ssb/wire/rpc.ts'
import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'

export type SchedulerOptions = {
  readonly book: AddressBook
  readonly connections: Connections
  readonly clock: Clock
  /** Evenly in [0, 1). */
  readonly random: () => number
  /** How much a peer is wanted: 0 not at all by itself (stranger, blocked), 1 within our hops, more when it has news for us. */
  readonly interest: (peer: string) => number
  /** Names the networks that the machine is in (its addresses); empty while it has none. Loopback is dialled all the same. */
  readonly network: () => string
  /** True while this address can be dialled at all (its room is connected). */
  readonly reachable: (address: MultiserverAddress) => boolean
  /** Called after a suspend, and in another network. */
  readonly resumed: () => void
  readonly quotas?: Partial<Quotas>
}

export type Quotas = {
  /** Connections to keep, by kind. */
  readonly lan: number
  readonly rooms: number
  readonly others: number
  /** Dials at one time. */
  readonly dials: number
  /** Milliseconds after which an idle connection makes room for another. */
  readonly rotate: number
}

export interface Scheduler extends Disposable {
  /** Dials now whatever the back-off says, because a person wants it. @throws what `Connections.dial` throws */
  connect(address: MultiserverAddress, signal: AbortSignal): Promise<Rpc>
  /** Looks at the book soon: something new was heard. */
  nudge(): void
  /** Forgets all waits, as after a change of network. */
  reset(): void
  /** Peers that wait for their next dial, with the moment it is due. */
  waiting(): readonly { readonly peer: KnownPeer; readonly due: number }[]
}

const defaults: Quotas = { lan: 16, rooms: 5, others: 6, dials: 4, rotate: 1_800_000 }
const every = 1_000
const soon = 100
/** A tick that comes this much later than it was set for means that the machine slept. */
const jump = 15_000
/** A connection that ends sooner counts as a failure: the peer does not want us. */
const tooShort = 20_000
/** Bytes that arrive between two looks on an idle connection: pings and clocks, but no news. */
const news = 4_096

type Kind = 'lan' | 'rooms' | 'others'
type Candidate = {
  readonly row: KnownPeer
  readonly known: KnownAddress
  readonly address: MultiserverAddress
  readonly kind: Kind
  readonly score: number
}
type Up = {
  readonly kind: Kind
  /** What we dialled; undefined when the peer did. */
  readonly address: string | undefined
  readonly since: number
  readonly rpc: Rpc
  readonly asked: boolean
  received: number
  active: number
  /** Milliseconds to leave the peer alone after it made room. */
  rest?: number
}

/** Starts keeping connections; disposing stops dialling and leaves the connections to their set. */
export function startScheduler(options: SchedulerOptions): Scheduler {
  return new Keeper(options)
}

class Keeper implements Scheduler {
  readonly #options: SchedulerOptions
  readonly #quotas: Quotas
  readonly #up = new Map<string, Up>()
  readonly #dials = new Map<string, Kind>()
  readonly #asked = new Set<string>()
  readonly #stopped = new AbortController()
  readonly #unsubscribe: () => void
  #timer: Timer | undefined
  #due = 0
  #network: string

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#quotas = { ...defaults, ...options.quotas }
    this.#network = options.network()
    this.#unsubscribe = options.connections.on((event) => this.#connection(event))
    this.#plan(every)
  }

  async connect(address: MultiserverAddress, signal: AbortSignal): Promise<Rpc> {
    const { book, connections, random } = this.#options
    const { peer } = address
    const text = addressText(address)
    book.hear(peer, text, 'person')
    book.describe(peer, { automatic: true })
    this.#asked.add(peer)
    try {
      const rpc = await connections.dial(address, signal, { asked: true })
      book.succeeded(peer, text)
      return rpc
    } catch (cause) {
      if (!signal.aborted) book.failed(peer, text, drawWait(1, random), reasonOf(cause))
      throw cause
    } finally {
      this.#asked.delete(peer)
    }
  }

  nudge(): void {
    // Never later than planned: a flood of news must not keep postponing the next look.
    if (this.#due - this.#options.clock.now() > soon) this.#plan(soon)
  }

  reset(): void {
    this.#options.book.forgive()
    this.#options.resumed()
    this.#plan(0)
  }

  waiting(): ReturnType<Scheduler['waiting']> {
    const { book, connections, clock } = this.#options
    return book.all().flatMap((peer) => {
      if (this.#up.has(peer.peer) || connections.isDialling(peer.peer) || !peer.automatic) return []
      const due = Math.min(...peer.addresses.map((known) => known.due))
      return due > clock.now() ? [{ peer, due }] : []
    })
  }

  [Symbol.dispose](): void {
    this.#unsubscribe()
    this.#timer?.cancel()
    this.#stopped.abort()
  }

  #connection(event: ConnectionEvent): void {
    const { rpc, peer } = event
    if (event.type === 'connected') {
      const row = this.#options.book.get(peer)
      const known = row?.addresses.find(({ address }) => address === event.dialled)
      const now = this.#options.clock.now()
      const asked = this.#asked.has(peer)
      this.#up.set(peer, {
        kind: kindOf(row, known),
        address: event.dialled,
        since: now,
        rpc,
        received: 0,
        active: now,
        asked,
      })
    } else if (this.#up.get(peer)?.rpc === rpc) {
      const entry = this.#up.get(peer)
      this.#up.delete(peer)
      if (entry?.address !== undefined && !event.replaced)
        this.#settle(peer, entry.address, entry.rest, event.after)
    }
  }

  /** What a finished outgoing connection says of its address. */
  #settle(peer: string, used: string, rest: number | undefined, after: number): void {
    const { book, random } = this.#options
    const failures =
      book.get(peer)?.addresses.find(({ address }) => address === used)?.failures ?? 0
    if (after < tooShort)
      return book.failed(
        peer,
        used,
        drawWait(failures + 1, random),
        'the peer ended the connection at once',
      )
    book.succeeded(peer, used)
    book.later(peer, used, rest ?? drawWait(1, random))
  }

  #tick(): void {
    const late = this.#options.clock.now() - this.#due
    const network = this.#options.network()
    if (late > jump || (network !== '' && network !== this.#network)) {
      this.#options.book.forgive()
      this.#options.resumed()
    }
    if (network !== '') this.#network = network
    this.#pass(network !== '')
    this.#plan(every)
  }

  #plan(ms: number): void {
    this.#timer?.cancel()
    if (this.#stopped.signal.aborted) return
    this.#due = this.#options.clock.now() + ms
    this.#timer = this.#options.clock.after(ms, () => this.#tick())
  }

  #pass(online: boolean): void {
    const now = this.#options.clock.now()
    const used: Record<Kind, number> = { lan: 0, rooms: 0, others: 0 }
    for (const { kind, address } of this.#up.values()) if (address !== undefined) used[kind]++
    for (const kind of this.#dials.values()) used[kind]++
    let crowded = false
    for (const next of this.#candidates(now, online)) {
      if (this.#dials.size >= this.#quotas.dials) break
      // One dial is kept free, so that strangers who announce themselves in a flood do not keep the others waiting.
      const same = [...this.#dials.values()].filter((kind) => kind === next.kind).length
      if (same > 0 && same >= this.#quotas.dials - 1) continue
      if (used[next.kind] >= this.#quotas[next.kind]) {
        crowded ||= next.kind === 'others'
        continue
      }
      used[next.kind]++
      void this.#dial(next)
    }
    if (crowded) this.#rotate(now)
  }

  async #dial({ row, known, address, kind }: Candidate): Promise<void> {
    const { book, connections, random } = this.#options
    this.#dials.set(row.peer, kind)
    try {
      await connections.dial(address, this.#stopped.signal)
    } catch (cause) {
      if (this.#stopped.signal.aborted) return
      book.failed(row.peer, known.address, drawWait(known.failures + 1, random), reasonOf(cause))
    } finally {
      this.#dials.delete(row.peer)
    }
  }

  /** Every address that may be dialled now, best first, one a peer. */
  #candidates(now: number, online: boolean): Candidate[] {
    const { book, connections } = this.#options
    const found = book.all().flatMap((row) => {
      if (!row.automatic || connections.get(row.peer) || connections.isDialling(row.peer)) return []
      return (
        row.addresses
          .flatMap((known) => this.#candidate(row, known, now, online) ?? [])
          .sort(byScore)[0] ?? []
      )
    })
    return found.sort(byScore)
  }

  #candidate(
    row: KnownPeer,
    known: KnownAddress,
    now: number,
    online: boolean,
  ): Candidate | undefined {
    if (known.due > now) return undefined
    const address = readAddresses(known.address)[0]
    if (!address || !this.#options.reachable(address)) return undefined
    const host = hostOf(address)
    if (!online && !isLoopback(host)) return undefined
    // Anybody can publish an address: it must not make us knock at doors of our own network.
    if (known.source === 'pub' && host !== undefined && (isLocalAddress(host) || isLoopback(host)))
      return undefined
    const kind = kindOf(row, known)
    const interest = this.#options.interest(row.peer)
    // Strangers are met on the LAN, in roles that the person gave them, and where the person asked; never just so.
    if (interest <= 0 && kind === 'others' && !isInvited(known)) return undefined
    const tier = { lan: 300, rooms: 200, others: 0 }[kind] + (isInvited(known) ? 50 : 0)
    const score =
      tier +
      Math.min(100, interest * 10) -
      Math.min(40, known.failures * 4) +
      this.#options.random()
    return { row, known, address, kind, score }
  }

  /** Ends the connection that was idle longest, when it had its time. */
  #rotate(now: number): void {
    const { random, connections } = this.#options
    const { rotate } = this.#quotas
    let idlest: [string, Up] | undefined
    for (const [peer, entry] of this.#up) {
      const received = entry.rpc.traffic.received
      if (received > entry.received + news) Object.assign(entry, { received, active: now })
      const fixed = entry.kind !== 'others' || entry.asked || entry.address === undefined
      if (fixed || now - entry.since < rotate || now - entry.active < rotate / 4) continue
      if (!idlest || entry.active < idlest[1].active) idlest = [peer, entry]
    }
    if (!idlest) return
    idlest[1].rest = rotate / 2 + (random() * rotate) / 2
    void connections.disconnect(idlest[0], 'it made room for others')
  }
}

function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(?:127\.|::1$|localhost$)/.test(host)
}

function kindOf(row: KnownPeer | undefined, known: KnownAddress | undefined): Kind {
  if (row?.role === 'room') return 'rooms'
  const host = known && readAddresses(known.address).map(hostOf)[0]
  if (known?.source === 'lan' || (host !== undefined && isLocalAddress(host))) return 'lan'
  return 'others'
}

function isInvited(known: KnownAddress): boolean {
  return known.source === 'person' || known.source === 'invite' || known.source === 'room'
}

function byScore(a: Candidate, b: Candidate): number {
  return b.score - a.score
}
