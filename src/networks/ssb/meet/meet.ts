/** Every way to meet people, put together: connections, address book, scheduler, local network, rooms, invites. */
import { networkInterfaces } from 'node:os'
import type { Clock } from '#base/clock.ts'
import type { StateBox } from '#network/host.ts'
import type { NetworkStatus, PeerStatus } from '#network/network.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { openAddressBook, type AddressBook } from '#networks/ssb/meet/address-book.ts'
import { addressText, readAddresses } from '#networks/ssb/meet/address.ts'
import {
  openConnections,
  type Authorise,
  type Connections,
} from '#networks/ssb/meet/connections.ts'
import { BadAddressError, ConnectError } from '#networks/ssb/meet/errors.ts'
import { keepAlive, pingMethod, type KeepAlive } from '#networks/ssb/meet/keep-alive.ts'
import {
  startLanDiscovery,
  type LanDiscovery,
  type LanOptions,
} from '#networks/ssb/meet/lan/discovery.ts'
import { openSignIn, type SignIn } from '#networks/ssb/meet/room/http-auth.ts'
import { startRooms, type Rooms } from '#networks/ssb/meet/room/rooms.ts'
import { openTunnels } from '#networks/ssb/meet/room/tunnel.ts'
import type { ConnectionLimits } from '#networks/ssb/meet/slots.ts'
import { startScheduler, type Quotas, type Scheduler } from '#networks/ssb/meet/scheduler.ts'
import type { Carrier } from '#networks/ssb/wire/carrier.ts'
import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'

export type MeetOptions = {
  readonly keys: SsbKeys
  /** The network key, 32 bytes. */
  readonly caps: Uint8Array
  readonly clock: Clock
  readonly state: StateBox
  readonly fetch: typeof globalThis.fetch
  /** TCP and whatever else there is; the rooms' tunnel is added here. */
  readonly carriers: readonly Carrier[]
  /** What the rest of the network answers; ours are added. */
  readonly methods: Methods
  readonly authorise: Authorise
  /** See `SchedulerOptions.interest`. */
  readonly interest: (peer: string) => number
  /** Called when something that `status` shows has changed. */
  readonly changed: () => void
  readonly random?: () => number
  /** False: neither announce nor hear on the local network. */
  readonly lan?: boolean | Pick<LanOptions, 'ports' | 'networks' | 'legacy' | 'bind'>
  /** See `SchedulerOptions.network`; the addresses of the machine by default. */
  readonly network?: () => string
  /** Addresses to keep a connection to. */
  readonly keep?: readonly string[]
  readonly limits?: Partial<ConnectionLimits>
  readonly quotas?: Partial<Quotas>
}

export interface Meet extends AsyncDisposable {
  readonly connections: Connections
  readonly book: AddressBook
  readonly rooms: Rooms
  readonly scheduler: Scheduler
  readonly signIn: SignIn
  readonly carriers: readonly Carrier[]
  /** The UDP ports that the local network is heard on; 0 where none is open. */
  readonly lanPorts: LanDiscovery['ports']
  /** Listens, announces and begins to dial. @throws DialError when a port is taken */
  start(): Promise<void>
  /** Dials for a person; a tunnel's room is dialled first. @throws BadAddressError, ConnectError… */
  connect(address: string | MultiserverAddress, signal: AbortSignal): Promise<Rpc>
  status(): Pick<NetworkStatus, 'addresses' | 'peers' | 'counters'>
}

/** Opens the address book and makes the rest; nothing is dialled or heard before `start`. */
export async function openMeet(options: MeetOptions): Promise<Meet> {
  return new Meeting(options, await openAddressBook(options))
}

class Meeting implements Meet {
  readonly connections: Connections
  readonly book: AddressBook
  readonly rooms: Rooms
  readonly signIn: SignIn
  readonly carriers: readonly Carrier[]
  readonly #options: MeetOptions
  readonly #alive: KeepAlive
  #scheduler: Scheduler | undefined
  #lan: LanDiscovery | undefined

  constructor(options: MeetOptions, book: AddressBook) {
    const { keys, caps, clock, authorise, changed, limits } = options
    const tunnels = openTunnels({ self: keys.id, room: (id) => this.rooms.rpc(id) })
    this.#options = options
    this.book = book
    this.carriers = [...options.carriers, tunnels.carrier]
    this.signIn = openSignIn({
      keys,
      clock,
      isMember: (id) => this.rooms.get(id)?.metadata.member === true,
    })
    const methods: Methods = {
      ...options.methods,
      'gossip.ping': pingMethod(clock),
      'tunnel.connect': tunnels.method,
      'tunnel.ping': {
        type: 'async',
        allow: () => true,
        handle: () => Promise.resolve(clock.now()),
      },
      'httpAuth.requestSolution': this.signIn.method,
    }
    this.connections = openConnections({
      keys,
      caps,
      carriers: this.carriers,
      methods,
      clock,
      authorise,
      ...(limits && { limits }),
    })
    tunnels.take = (pipe, via) => this.connections.take(pipe, via)
    this.rooms = startRooms({ self: keys.id, book, connections: this.connections, changed })
    this.#alive = keepAlive(this.connections, { clock })
    this.connections.on(changed)
  }

  get scheduler(): Scheduler {
    this.#scheduler ??= startScheduler({
      book: this.book,
      connections: this.connections,
      clock: this.#options.clock,
      random: this.#options.random ?? Math.random,
      interest: this.#options.interest,
      network: this.#options.network ?? machineNetwork,
      reachable: (address) => this.#isReachable(address),
      resumed: () => this.#alive.check(),
      ...(this.#options.quotas && { quotas: this.#options.quotas }),
    })
    return this.#scheduler
  }

  get lanPorts(): LanDiscovery['ports'] {
    return this.#lan?.ports ?? { sealed: 0, plain: 0 }
  }

  async start(): Promise<void> {
    await this.connections.listen()
    for (const address of (this.#options.keep ?? []).flatMap(readAddresses)) {
      this.book.hear(address.peer, addressText(address), 'person')
    }
    this.scheduler.nudge()
    if (this.#options.lan !== false) this.#lan ??= await this.#startLan()
  }

  async connect(text: string | MultiserverAddress, signal: AbortSignal): Promise<Rpc> {
    const dialled = (address: MultiserverAddress): boolean =>
      this.carriers.some((carrier) => carrier.dials(address))
    const address = typeof text === 'string' ? readAddresses(text).find(dialled) : text
    if (!address)
      throw new BadAddressError(
        'an address that can be dialled from here (like net:host:port~shs:key)',
      )
    if (address.transport === 'tunnel') await this.#reachRoom(address.parts[0] ?? '', signal)
    return this.scheduler.connect(address, signal)
  }

  status(): ReturnType<Meet['status']> {
    const { keys } = this.#options
    const waiting = this.#scheduler?.waiting() ?? []
    return {
      addresses: this.connections
        .addresses()
        .map((address) => `${address}~shs:${keys.id.slice(1, -'.ed25519'.length)}`),
      peers: [...this.connections.peers(), ...waiting.map(waitingStatus)],
      counters: {
        ...prefixed('connections', this.connections.counters),
        ...prefixed('lan', this.#lan?.counters ?? {}),
        'peers known': this.book.all().length,
        rooms: this.rooms.all().length,
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scheduler?.[Symbol.dispose]()
    await this.#lan?.[Symbol.asyncDispose]()
    this.#alive[Symbol.dispose]()
    this.rooms[Symbol.dispose]()
    await this.connections[Symbol.asyncDispose]()
    await this.book[Symbol.asyncDispose]()
  }

  #isReachable(address: MultiserverAddress): boolean {
    if (address.transport === 'tunnel') return this.rooms.rpc(address.parts[0] ?? '') !== undefined
    return this.carriers.some((carrier) => carrier.dials(address))
  }

  #startLan(): Promise<LanDiscovery> {
    const { keys, caps, clock, authorise, lan } = this.#options
    return startLanDiscovery({
      keys,
      caps,
      clock,
      port: () => listeningPort(this.connections.addresses()),
      heard: ({ peer, address }) => {
        if (authorise(peer) !== 'yes') return
        this.book.hear(peer, address, 'lan')
        this.scheduler.nudge()
      },
      ...(typeof lan === 'object' && lan),
    })
  }

  /** A tunnel needs its room first. */
  async #reachRoom(room: string, signal: AbortSignal): Promise<void> {
    if (this.rooms.rpc(room)) return
    const known =
      this.book.get(room)?.addresses.flatMap(({ address }) => readAddresses(address)) ?? []
    const address = known.find(({ transport }) => transport !== 'tunnel')
    if (!address)
      throw new ConnectError(
        `the room ${room}`,
        'its address is not known; connect to the room first',
      )
    await this.connections.dial(address, signal, { asked: true })
    const entered = await this.rooms.settled(room, signal)
    if (!entered) throw new ConnectError(addressText(address), 'it is not a room')
  }
}

function machineNetwork(): string {
  const infos = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return infos
    .flatMap(({ internal, address }) => (internal || address.startsWith('fe80:') ? [] : [address]))
    .join(' ')
}

function waitingStatus({ peer, due }: ReturnType<Scheduler['waiting']>[number]): PeerStatus {
  const last = peer.addresses.find((known) => known.due === due)
  const address = last?.address ?? ''
  const via = address.split(':')[0] ?? ''
  const since = last?.heard ?? 0
  return {
    id: peer.peer,
    address,
    via,
    state: 'waiting',
    since,
    received: 0,
    sent: 0,
    ...(last?.error ? { error: last.error } : {}),
  }
}

function listeningPort(addresses: readonly string[]): number | undefined {
  const port = addresses
    .find((address) => address.startsWith('net:'))
    ?.split(':')
    .at(-1)
  return port === undefined ? undefined : Number(port)
}

function prefixed(
  name: string,
  counters: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters).map(([key, value]) => [`${name} ${key}`, value]),
  )
}
