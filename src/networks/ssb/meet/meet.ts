/** Every way to meet people, put together: connections, address book, scheduler, local network, rooms, invites. */
import type { Clock } from '#base/clock.ts'
import type { StateBox } from '#network/host.ts'
import type { NetworkStatus, PeerStatus } from '#network/network.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { openAddressBook, type AddressBook } from '#networks/ssb/meet/address-book.ts'
import { addressText, readAddresses } from '#networks/ssb/meet/address.ts'
import { openConnections, type Authorise, type ConnectionLimits, type Connections } from '#networks/ssb/meet/connections.ts'
import { BadAddressError, ConnectError } from '#networks/ssb/meet/errors.ts'
import { keepAlive, pingMethod } from '#networks/ssb/meet/keep-alive.ts'
import { startLanDiscovery, type LanDiscovery, type LanOptions } from '#networks/ssb/meet/lan/discovery.ts'
import { localNetworks } from '#networks/ssb/meet/lan/interfaces.ts'
import { openSignIn, type SignIn } from '#networks/ssb/meet/room/http-auth.ts'
import { startRooms, type Rooms } from '#networks/ssb/meet/room/rooms.ts'
import { openTunnels } from '#networks/ssb/meet/room/tunnel.ts'
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
  readonly hasNetwork?: () => boolean
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
  /** Listens, announces and begins to dial. @throws DialError when a port is taken */
  start(): Promise<void>
  /** Dials for a person; a tunnel's room is dialled first. @throws BadAddressError, ConnectError… */
  connect(address: string | MultiserverAddress, signal: AbortSignal): Promise<Rpc>
  status(): Pick<NetworkStatus, 'addresses' | 'peers' | 'counters'>
}

/** Opens the address book and makes the rest; nothing is dialled or heard before `start`. */
export async function openMeet(options: MeetOptions): Promise<Meet> {
  const { keys, caps, clock, authorise, changed } = options
  const book = await openAddressBook(options)
  const tunnels = openTunnels({ self: keys.id, room: (id) => rooms.rpc(id) })
  const carriers = [...options.carriers, tunnels.carrier]
  const signIn = openSignIn({ keys, clock, isMember: (id) => rooms.get(id)?.metadata.member === true })
  const methods: Methods = {
    ...options.methods,
    'gossip.ping': pingMethod(clock),
    'tunnel.connect': tunnels.method,
    'tunnel.ping': { type: 'async', allow: () => true, handle: async () => clock.now() },
    'httpAuth.requestSolution': signIn.method,
  }
  const connections = openConnections({ keys, caps, carriers, methods, clock, authorise, ...(options.limits ? { limits: options.limits } : {}) })
  tunnels.take = (pipe, via) => connections.take(pipe, via)
  const rooms: Rooms = startRooms({ self: keys.id, book, connections, changed })
  const alive = keepAlive(connections, { clock })
  connections.on(changed)
  let scheduler: Scheduler | undefined
  let lan: LanDiscovery | undefined

  function makeScheduler(): Scheduler {
    return startScheduler({
      book,
      connections,
      clock,
      random: options.random ?? Math.random,
      interest: options.interest,
      hasNetwork: options.hasNetwork ?? (() => localNetworks().some(({ address }) => !address.startsWith('127.'))),
      reachable: (address) => (address.transport === 'tunnel' ? rooms.rpc(address.parts[0] ?? '') !== undefined : carriers.some((carrier) => carrier.dials(address))),
      resumed: () => alive.check(),
      ...(options.quotas ? { quotas: options.quotas } : {}),
    })
  }
  async function makeLan(): Promise<LanDiscovery | undefined> {
    if (options.lan === false) return undefined
    return startLanDiscovery({
      keys,
      caps,
      clock,
      port: () => listeningPort(connections.addresses()),
      heard: ({ peer, address }) => {
        if (authorise(peer) !== 'yes') return
        book.hear(peer, address, 'lan')
        scheduler?.nudge()
      },
      ...(typeof options.lan === 'object' ? options.lan : {}),
    })
  }
  /** A tunnel needs its room first. */
  async function reachRoom(room: string, signal: AbortSignal): Promise<void> {
    if (rooms.rpc(room)) return
    const known = book.get(room)?.addresses.flatMap(({ address }) => readAddresses(address)) ?? []
    const address = known.find(({ transport }) => transport !== 'tunnel')
    if (!address) throw new ConnectError(`the room ${room}`, 'its address is not known; connect to the room first')
    await connections.dial(address, signal, { asked: true })
    if (!(await rooms.settled(room, signal))) throw new ConnectError(addressText(address), 'it is not a room')
  }

  const meet: Meet = {
    connections,
    book,
    rooms,
    signIn,
    carriers,
    get scheduler() {
      return (scheduler ??= makeScheduler())
    },
    async start() {
      await connections.listen()
      for (const text of options.keep ?? []) for (const address of readAddresses(text)) book.hear(address.peer, addressText(address), 'person')
      scheduler ??= makeScheduler()
      lan ??= await makeLan()
    },
    async connect(text, signal) {
      const address = typeof text === 'string' ? readAddresses(text).find((one) => carriers.some((carrier) => carrier.dials(one))) : text
      if (!address) throw new BadAddressError('an address that can be dialled from here (like net:host:port~shs:key)')
      if (address.transport === 'tunnel') await reachRoom(address.parts[0] ?? '', signal)
      return meet.scheduler.connect(address, signal)
    },
    status: () => ({
      addresses: connections.addresses().map((address) => `${address}~shs:${keys.id.slice(1, -'.ed25519'.length)}`),
      peers: [...connections.peers(), ...(scheduler?.waiting() ?? []).map(waitingStatus)],
      counters: { ...connections.counters, ...prefixed('lan', lan?.counters ?? {}), known: book.all().length, rooms: rooms.all().length },
    }),
    async [Symbol.asyncDispose]() {
      scheduler?.[Symbol.dispose]()
      await lan?.[Symbol.asyncDispose]()
      alive[Symbol.dispose]()
      rooms[Symbol.dispose]()
      await connections[Symbol.asyncDispose]()
      await book[Symbol.asyncDispose]()
    },
  }
  return meet
}

function waitingStatus({ peer, due }: ReturnType<Scheduler['waiting']>[number]): PeerStatus {
  const last = peer.addresses.find((known) => known.due === due)
  const address = last?.address ?? ''
  const via = address.split(':')[0] ?? ''
  const since = last?.heard ?? 0
  return { id: peer.peer, address, via, state: 'waiting', since, received: 0, sent: 0, ...(last?.error ? { error: last.error } : {}) }
}

function listeningPort(addresses: readonly string[]): number | undefined {
  const port = addresses.find((address) => address.startsWith('net:'))?.split(':').at(-1)
  return port === undefined ? undefined : Number(port)
}

function prefixed(name: string, counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).map(([key, value]) => [`${name} ${key}`, value]))
}
