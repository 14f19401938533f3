/**
 * The rooms that we are connected to: notices that a peer is a room, keeps who is in it, tells the address book.
 */
import type { AddressBook } from '#networks/ssb/meet/address-book.ts'
import { addressText, tunnelAddress } from '#networks/ssb/meet/address.ts'
import type { ConnectionEvent, Connections } from '#networks/ssb/meet/connections.ts'
import { attend, attendance, type Attendance } from '#networks/ssb/meet/room/attendants.ts'
import { announce, askRoomMetadata, type RoomMetadata } from '#networks/ssb/meet/room/metadata.ts'
import type { Rpc } from '#networks/ssb/wire/rpc.ts'

/** A room that is connected. */
type LiveRoom = {
  /** `@….ed25519` */
  readonly id: string
  readonly metadata: RoomMetadata
  /** Feed ids of who is in it now, us included where the room says so. */
  readonly attendants: ReadonlySet<string>
}

export interface Rooms extends Disposable {
  get(id: string): LiveRoom | undefined
  all(): readonly LiveRoom[]
  /** The connection to a room, for tunnels and calls. */
  rpc(id: string): Rpc | undefined
  /** Resolves when that peer proved to be a room; undefined when it did not. */
  settled(id: string, signal: AbortSignal): Promise<LiveRoom | undefined>
}

type State = {
  readonly rpc: Rpc
  readonly done: Promise<LiveRoom | undefined>
  readonly attendants: Set<string>
  room?: LiveRoom
}

type RoomsOptions = {
  readonly self: string
  readonly book: AddressBook
  readonly connections: Connections
  /** Called when a room or its attendants changed. */
  readonly changed: () => void
}

/** Watches the connections until disposed. */
export function startRooms(options: RoomsOptions): Rooms {
  return new RoomWatch(options)
}

class RoomWatch implements Rooms {
  readonly #options: RoomsOptions
  readonly #states = new Map<string, State>()
  readonly #stopped = new AbortController()
  readonly #unsubscribe: () => void

  constructor(options: RoomsOptions) {
    this.#options = options
    this.#unsubscribe = options.connections.on((event) => this.#connection(event))
  }

  get(id: string): LiveRoom | undefined {
    return this.#states.get(id)?.room
  }

  all(): readonly LiveRoom[] {
    return [...this.#states.values()].flatMap(({ room }) => room ?? [])
  }

  rpc(id: string): Rpc | undefined {
    const state = this.#states.get(id)
    return state?.room && state.rpc
  }

  async settled(id: string, signal: AbortSignal): Promise<LiveRoom | undefined> {
    signal.throwIfAborted()
    return this.#states.get(id)?.done
  }

  [Symbol.dispose](): void {
    this.#unsubscribe()
    this.#stopped.abort()
  }

  #connection({ type, peer, rpc }: ConnectionEvent): void {
    if (type === 'connected') {
      // A room is dialled; it never dials, and one behind another room's tunnel is not supported by anybody.
      if (rpc.outgoing && !rpc.address.startsWith('tunnel:')) this.#ask(peer, rpc)
    } else if (this.#states.get(peer)?.rpc === rpc) {
      for (const id of this.#states.get(peer)?.attendants ?? []) this.#lose(peer, id)
      this.#states.delete(peer)
      this.#options.changed()
    }
  }

  #ask(peer: string, rpc: Rpc): void {
    const gone = new AbortController()
    void rpc.closed.then(() => gone.abort())
    const signal = AbortSignal.any([gone.signal, this.#stopped.signal])
    const answered = askRoomMetadata(rpc, signal).catch(() => undefined)
    const done = answered.then((metadata) => this.#enter(peer, rpc, metadata, signal))
    this.#states.set(peer, { rpc, done, attendants: new Set() })
  }

  #enter(
    peer: string,
    rpc: Rpc,
    metadata: RoomMetadata | undefined,
    signal: AbortSignal,
  ): LiveRoom | undefined {
    const state = this.#states.get(peer)
    if (state?.rpc !== rpc || !metadata || signal.aborted) return undefined
    const room: LiveRoom = { id: peer, metadata, attendants: state.attendants }
    state.room = room
    const { name, member } = metadata
    this.#options.book.describe(peer, { role: 'room', member, ...(name ? { name } : {}) })
    void announce(rpc, signal)
    void this.#follow(peer, state, metadata.version, signal)
    this.#options.changed()
    return room
  }

  async #follow(peer: string, state: State, version: 1 | 2, signal: AbortSignal): Promise<void> {
    let heard = false
    try {
      for await (const change of attendance(state.rpc, version, signal)) {
        heard = true
        this.#apply(peer, state, change)
      }
    } catch {
      // Some rooms of version 2 refuse `room.attendants` to visitors, but answer `tunnel.endpoints`.
      if (version === 2 && !heard && !signal.aborted) await this.#follow(peer, state, 1, signal)
    }
  }

  #apply(room: string, { attendants }: State, change: Attendance): void {
    const { self, book, changed } = this.#options
    const { came, went } = attend(attendants, change)
    for (const id of came) {
      if (id !== self && id !== room)
        book.hear(id, addressText(tunnelAddress(room, id)), 'attendant')
    }
    for (const id of went) this.#lose(room, id)
    if (came.length + went.length > 0) changed()
  }

  #lose(room: string, id: string): void {
    this.#options.book.lose(id, addressText(tunnelAddress(room, id)))
  }
}
