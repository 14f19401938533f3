/**
 * The set of live peers: dials, takes incoming pipes, keeps at most one connection a peer, within limits.
 *
 * Two connections to one peer: when they were made within ten seconds of each other, both sides keep the one that the
 * smaller feed id dialled (so they agree without talking); otherwise the newer, because the older is then half dead.
 */
import type { Clock } from '#base/clock.ts'
import type { PeerStatus } from '#network/network.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import type { Carrier, Listener } from '#networks/ssb/wire/carrier.ts'
import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { logger } from '#base/log.ts'
import { secure } from '#networks/ssb/wire/connect.ts'
import { bytesOf } from '#networks/ssb/refs.ts'
import { addressText } from '#networks/ssb/meet/address.ts'
import {
  BlockedPeerError,
  ConnectError,
  reasonOf,
  TooManyConnectionsError,
} from '#networks/ssb/meet/errors.ts'
import {
  diallingStatus,
  joined,
  keepOld,
  liveStatus,
  type Dialling,
  type Live,
} from '#networks/ssb/meet/live.ts'
import {
  defaultLimits,
  hostOfRemote,
  openSlots,
  type ConnectionLimits,
} from '#networks/ssb/meet/slots.ts'
import { withDeadline } from '#networks/ssb/meet/deadline.ts'

/** `yes`, or the reason why this peer may not connect. */
export type Authorise = (remote: string) => string

export type ConnectionsOptions = {
  readonly keys: SsbKeys
  /** The network key, 32 bytes. */
  readonly caps: Uint8Array
  readonly carriers: readonly Carrier[]
  readonly methods: Methods
  readonly clock: Clock
  readonly authorise: Authorise
  readonly limits?: Partial<ConnectionLimits>
}

/** A peer came or went. */
export type ConnectionEvent =
  | {
      readonly type: 'connected'
      readonly peer: string
      readonly rpc: Rpc
      readonly via: string
      /** The address, when we dialled it. */ readonly dialled?: string
    }
  | {
      readonly type: 'disconnected'
      readonly peer: string
      readonly rpc: Rpc
      /** Milliseconds that it lasted. */
      readonly after: number
      /** True when another connection to the same peer took its place. */
      readonly replaced: boolean
      readonly error?: string
    }

export interface Connections extends AsyncDisposable {
  /**
   * The connection to a peer: the live one, the one being dialled, or a new one.
   *
   * @param options.asked a person wants it: limits do not refuse it
   * @throws ConnectError, BlockedPeerError, TooManyConnectionsError, or the signal's reason
   */
  dial(
    address: MultiserverAddress,
    signal: AbortSignal,
    options?: { readonly asked?: boolean },
  ): Promise<Rpc>
  /** Takes an incoming pipe; refused ones are destroyed. */
  take(pipe: Pipe, via: string): void
  /** Opens every carrier that listens. @throws what a carrier throws */
  listen(): Promise<void>
  /** What others can dial, without the `~shs:` part. */
  addresses(): readonly string[]
  get(peer: string): Rpc | undefined
  /** True while a dial to that peer is under way. */
  isDialling(peer: string): boolean
  count(): { readonly total: number; readonly incoming: number; readonly dialling: number }
  peers(): readonly PeerStatus[]
  /** Closes the connection to a peer; harmless when there is none. */
  disconnect(peer: string, why?: string): Promise<void>
  /** Ends the connections of peers whom `authorise` does not let in any more; to be called after a block. */
  enforce(): void
  /** Calls `listener` for every change; returns the way to stop. */
  on(listener: (event: ConnectionEvent) => void): () => void
  readonly counters: Readonly<Record<'refused' | 'handshakesFailed' | 'duplicates', number>>
}

/** Makes the set of live peers. Nothing listens until `listen` is called. */
export function openConnections(options: ConnectionsOptions): Connections {
  return new LiveConnections(options)
}

class LiveConnections implements Connections {
  readonly counters = { refused: 0, handshakesFailed: 0, duplicates: 0 }
  readonly #options: ConnectionsOptions
  readonly #limits: ConnectionLimits
  readonly #live = new Map<string, Live>()
  readonly #dialling = new Map<string, Dialling>()
  readonly #listeners = new Set<(event: ConnectionEvent) => void>()
  readonly #open: Listener[] = []
  /** Work that must end before this is closed. */
  readonly #pending = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  readonly #slots: ReturnType<typeof openSlots>
  #handshakes = 0

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#slots = openSlots({ total: this.#limits.incoming, perHost: this.#limits.perHost })
  }

  async dial(
    address: MultiserverAddress,
    signal: AbortSignal,
    { asked = false } = {},
  ): Promise<Rpc> {
    signal.throwIfAborted()
    const { peer } = address
    const existing = this.#live.get(peer)?.rpc
    if (existing) return existing
    if (peer === this.#options.keys.id)
      throw new ConnectError(addressText(address), 'it is this node itself')
    const verdict = this.#options.authorise(peer)
    if (verdict !== 'yes') throw new BlockedPeerError(peer, verdict)
    const under = this.#dialling.get(peer)
    if (under) {
      const rpc = await joined(under.result, signal).catch((error: unknown) => {
        // Another address of that peer failed: ours may still do.
        if (signal.aborted || under.address === addressText(address)) throw error
      })
      return rpc ?? this.dial(address, signal, { asked })
    }
    const { total } = this.#limits
    if (!asked && this.#live.size + this.#dialling.size >= total)
      throw new TooManyConnectionsError(total)
    if (this.#closing.signal.aborted)
      throw new ConnectError(addressText(address), 'the node is stopping')
    const result = this.#connect(address, signal)
    this.#track(result)
    this.#dialling.set(peer, {
      address: addressText(address),
      via: address.transport,
      since: this.#options.clock.now(),
      result,
    })
    try {
      return await result
    } finally {
      this.#dialling.delete(peer)
    }
  }

  take(pipe: Pipe, via: string): void {
    const full =
      this.#closing.signal.aborted ||
      this.#handshakes >= this.#limits.handshakes ||
      this.#live.size >= this.#limits.total
    const release = full ? undefined : this.#slots.take(hostOfRemote(pipe.remote))
    if (release) return this.#track(this.#accept(pipe, via, release))
    this.counters.refused++
    pipe.destroy()
  }

  async listen(): Promise<void> {
    for (const carrier of this.#options.carriers) {
      if (carrier.listen)
        this.#open.push(await carrier.listen((pipe) => this.take(pipe, carrier.name)))
    }
  }

  addresses(): readonly string[] {
    return this.#open.flatMap((listener) => listener.addresses)
  }

  get(peer: string): Rpc | undefined {
    return this.#live.get(peer)?.rpc
  }

  isDialling(peer: string): boolean {
    return this.#dialling.has(peer)
  }

  count(): ReturnType<Connections['count']> {
    const incoming = [...this.#live.values()].filter(({ rpc }) => !rpc.outgoing).length
    return { total: this.#live.size, incoming, dialling: this.#dialling.size }
  }

  peers(): readonly PeerStatus[] {
    const dialled = [...this.#dialling].filter(([peer]) => !this.#live.has(peer))
    return [...[...this.#live.values()].map(liveStatus), ...dialled.map(diallingStatus)]
  }

  async disconnect(peer: string, why?: string): Promise<void> {
    const entry = this.#live.get(peer)
    if (!entry) return
    if (why) entry.why = why
    await entry.rpc.close()
    this.#drop(entry, why)
  }

  enforce(): void {
    for (const peer of [...this.#live.keys()]) {
      const verdict = this.#options.authorise(peer)
      if (verdict !== 'yes') this.#track(this.disconnect(peer, verdict))
    }
  }

  on(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ConnectError('', 'the node is stopping'))
    await Promise.all(this.#open.splice(0).map((listener) => listener[Symbol.asyncDispose]()))
    await Promise.all([...this.#live.values()].map(({ rpc }) => rpc.close()))
    while (this.#pending.size > 0) await Promise.allSettled([...this.#pending])
    this.#listeners.clear()
  }

  async #connect(address: MultiserverAddress, signal: AbortSignal): Promise<Rpc> {
    const { keys, caps, clock, methods, carriers } = this.#options
    const carrier = carriers.find((candidate) => candidate.dials(address))
    if (!carrier)
      throw new ConnectError(
        addressText(address),
        `nothing here can dial ${address.transport} addresses`,
      )
    using deadline = withDeadline(clock, this.#limits.patience, [signal, this.#closing.signal])
    let pipe: Pipe | undefined
    try {
      pipe = await carrier.dial(address, deadline.signal)
      const remote = bytesOf(address.peer)
      const rpc = await secure(pipe, {
        keys,
        caps,
        clock,
        methods,
        remote,
        signal: deadline.signal,
      })
      return this.#admit(rpc, carrier.name, () => {}, addressText(address))
    } catch (cause) {
      pipe?.destroy()
      signal.throwIfAborted()
      throw new ConnectError(addressText(address), reasonOf(cause), { cause })
    }
  }

  async #accept(pipe: Pipe, via: string, release: () => void): Promise<void> {
    const { keys, caps, clock, methods } = this.#options
    using deadline = withDeadline(clock, this.#limits.patience, [this.#closing.signal])
    const authorise = (peer: string): boolean => this.#options.authorise(peer) === 'yes'
    this.#handshakes++
    try {
      const rpc = await secure(pipe, {
        keys,
        caps,
        clock,
        methods,
        signal: deadline.signal,
        authorise,
      })
      this.#admit(rpc, via, release)
    } catch (cause) {
      this.counters.handshakesFailed++
      release()
      pipe.destroy()
      logger('ssb', 'connections').debug('incoming handshake failed: {reason}', {
        reason: reasonOf(cause),
      })
    } finally {
      this.#handshakes--
    }
  }

  /** Puts a fresh connection into the set, or closes whichever of two is one too many; answers the survivor. */
  #admit(rpc: Rpc, via: string, release: () => void, dialled?: string): Rpc {
    const { clock, keys } = this.#options
    const old = this.#live.get(rpc.remote)
    const fresh: Live = { rpc, via, since: clock.now(), release }
    if (old) {
      this.counters.duplicates++
      if (keepOld(old, fresh, keys.id)) {
        release()
        this.#track(rpc.close())
        return old.rpc
      }
      this.#drop(old, 'a newer connection took its place', true)
      this.#track(old.rpc.close())
    }
    this.#live.set(rpc.remote, fresh)
    this.#track(rpc.closed.then((cause) => this.#drop(fresh, cause?.message)))
    this.#tell({ type: 'connected', peer: rpc.remote, rpc, via, ...(dialled ? { dialled } : {}) })
    return rpc
  }

  #drop(entry: Live, error: string | undefined, replaced = false): void {
    const { rpc } = entry
    entry.release()
    if (this.#live.get(rpc.remote) !== entry) return
    this.#live.delete(rpc.remote)
    const said = entry.why ?? error
    const after = this.#options.clock.now() - entry.since
    this.#tell({
      type: 'disconnected',
      peer: rpc.remote,
      rpc,
      after,
      replaced,
      ...(said ? { error: said } : {}),
    })
  }

  #tell(event: ConnectionEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  #track(work: Promise<unknown>): void {
    this.#pending.add(work)
    const done = (): void => void this.#pending.delete(work)
    work.then(done, done)
  }
}
