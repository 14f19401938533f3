/**
 * The rooms that we are connected to: notices that a peer is a room, keeps who is in it, tells the address book.
 */
import type { AddressBook } from '#networks/ssb/meet/address-book.ts'
import { addressText, tunnelAddress } from '#networks/ssb/meet/address.ts'
import type { ConnectionEvent, Connections } from '#networks/ssb/meet/connections.ts'
import { attend, attendance } from '#networks/ssb/meet/room/attendants.ts'
import { askRoomMetadata, type RoomMetadata } from '#networks/ssb/meet/room/metadata.ts'
import type { Rpc } from '#networks/ssb/wire/rpc.ts'

/** A room that is connected. */
export type LiveRoom = {
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

type State = { readonly rpc: Rpc; readonly done: Promise<LiveRoom | undefined>; room?: LiveRoom; attendants: Set<string> }

/**
 * Watches the connections until disposed.
 *
 * @param options.changed called when a room or its attendants changed
 */
export function startRooms(options: {
  readonly self: string
  readonly book: AddressBook
  readonly connections: Connections
  readonly changed: () => void
}): Rooms {
  const { self, book, connections, changed } = options
  const states = new Map<string, State>()
  const stopped = new AbortController()

  function connection({ type, peer, rpc }: ConnectionEvent): void {
    if (type === 'connected') {
      // A room is dialled; it never dials, and one behind another room's tunnel is not supported by anybody.
      if (!rpc.outgoing || rpc.address.startsWith('tunnel:')) return
      const gone = new AbortController()
      void rpc.closed.then(() => gone.abort())
      const signal = AbortSignal.any([gone.signal, stopped.signal])
      const attendants = new Set<string>()
      const done = askRoomMetadata(rpc, signal).catch(() => undefined)
      const state: State = { rpc, attendants, done: done.then((metadata) => enter(peer, metadata, signal)) }
      states.set(peer, state)
    } else if (states.get(peer)?.rpc === rpc) {
      for (const id of states.get(peer)?.attendants ?? []) lose(peer, id)
      states.delete(peer)
      changed()
    }
  }

  function enter(peer: string, metadata: RoomMetadata | undefined, signal: AbortSignal): LiveRoom | undefined {
    const state = states.get(peer)
    if (!state || !metadata || signal.aborted) return undefined
    const room: LiveRoom = { id: peer, metadata, attendants: state.attendants }
    state.room = room
    const { name, member } = metadata
    book.describe(peer, { role: 'room', member, ...(name ? { name } : {}) })
    void follow(peer, state, metadata.version, signal)
    changed()
    return room
  }

  async function follow(peer: string, state: State, version: 1 | 2, signal: AbortSignal): Promise<void> {
    let heard = false
    try {
      for await (const change of attendance(state.rpc, version, signal)) {
        heard = true
        const { came, went } = attend(state.attendants, change)
        for (const id of came) if (id !== self && id !== peer) book.hear(id, addressText(tunnelAddress(peer, id)), 'attendant')
        for (const id of went) lose(peer, id)
        if (came.length + went.length > 0) changed()
      }
    } catch {
      // Some rooms of version 2 refuse `room.attendants` to visitors, but answer `tunnel.endpoints`.
      if (version === 2 && !heard && !signal.aborted) await follow(peer, state, 1, signal)
    }
  }
  function lose(room: string, id: string): void {
    book.lose(id, addressText(tunnelAddress(room, id)))
  }

  const unsubscribe = connections.on(connection)
  return {
    get: (id) => states.get(id)?.room,
    all: () => [...states.values()].flatMap(({ room }) => room ?? []),
    rpc: (id) => (states.get(id)?.room ? states.get(id)?.rpc : undefined),
    settled: async (id, signal) => {
      signal.throwIfAborted()
      return states.get(id)?.done
    },
    [Symbol.dispose]() {
      unsubscribe()
      stopped.abort()
    },
  }
}
