/**
 * Finds peers on the local network: announces us every two seconds by UDP broadcast and hears others, in both forms.
 *
 * What is believed: a packet whose source is a local address. The host it names is replaced by the packet's source,
 * only its port is taken: else anybody on the network could make us dial any host, and a peer behind a bridge or with
 * IPv6 on its interface may name an address that does not lead back to it.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Clock, Timer } from '#base/clock.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { addressText, netAddress } from '#networks/ssb/meet/address.ts'
import {
  isLocalAddress,
  localNetworks,
  type LocalNetwork,
} from '#networks/ssb/meet/lan/interfaces.ts'
import {
  openAnnouncement,
  plainAnnouncement,
  readPlainAnnouncement,
  sealAnnouncement,
} from '#networks/ssb/meet/lan/packet.ts'
import { packetLimit } from '#networks/ssb/meet/lan/rate.ts'

/** A peer that was heard on the local network. */
export type LanPeer = {
  readonly peer: string
  /** Multiserver address that can be dialled. */
  readonly address: string
  /** True when the announcement was signed. */
  readonly verified: boolean
}

/** A network to announce in; `ports` where they are not the usual ones. */
export type AnnounceTo = LocalNetwork & {
  readonly ports?: { readonly sealed: number; readonly plain: number }
}

export type LanOptions = {
  readonly keys: SsbKeys
  /** The network key, 32 bytes. */
  readonly caps: Uint8Array
  readonly clock: Clock
  /** The TCP port that peers can dial here; undefined while nothing listens (then we only hear). */
  readonly port: () => number | undefined
  readonly heard: (peer: LanPeer) => void
  /** UDP ports; the defaults are those of every other program. Where to send may differ in tests. */
  readonly ports?: { readonly sealed: number; readonly plain: number }
  readonly networks?: () => readonly AnnounceTo[]
  /** False: the plain form is neither sent nor heard (it tells everybody on the network who we are). */
  readonly legacy?: boolean
  /** The address that the sockets are bound to; all by default. */
  readonly bind?: string
}

export interface LanDiscovery extends AsyncDisposable {
  /** The UDP ports that are heard; 0 while one is not open. */
  readonly ports: { readonly sealed: number; readonly plain: number }
  readonly counters: Readonly<Record<LanCounter, number>>
}

type LanCounter =
  | 'sent'
  | 'sendFailed'
  | 'heard'
  | 'own'
  | 'foreign'
  | 'limited'
  | 'bad'
  | 'bindFailed'
type Form = 'sealed' | 'plain'

const every = 2_000
const reopenAfter = 30_000

/** Starts announcing and hearing. A port that cannot be opened is counted and tried again; it does not stop the other. */
export async function startLanDiscovery(options: LanOptions): Promise<LanDiscovery> {
  const discovery = new Broadcaster(options)
  await discovery.start()
  return discovery
}

class Broadcaster implements LanDiscovery {
  readonly counters: Record<LanCounter, number> = {
    sent: 0,
    sendFailed: 0,
    heard: 0,
    own: 0,
    foreign: 0,
    limited: 0,
    bad: 0,
    bindFailed: 0,
  }
  readonly #options: LanOptions
  readonly #wanted: Readonly<Record<Form, number>>
  readonly #mayRead: (source: string) => boolean
  readonly #sockets = new Map<Form, Socket>()
  /** When to try again to open what is not open. */
  readonly #retries = new Map<Form, number>()
  #timer: Timer | undefined
  #closed = false

  constructor(options: LanOptions) {
    this.#options = options
    this.#wanted = options.ports ?? { sealed: 26_830, plain: 8_008 }
    this.#mayRead = packetLimit(options.clock, { perSource: 60, total: 600 })
  }

  get ports(): LanDiscovery['ports'] {
    return {
      sealed: portOf(this.#sockets.get('sealed')),
      plain: portOf(this.#sockets.get('plain')),
    }
  }

  async start(): Promise<void> {
    const forms: readonly Form[] = this.#options.legacy === false ? ['sealed'] : ['sealed', 'plain']
    await Promise.all(forms.map((form) => this.#open(form)))
    this.#tick()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    const open = [...this.#sockets.values()]
    this.#sockets.clear()
    await Promise.all(
      open.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    )
  }

  #tick(): void {
    const { clock } = this.#options
    for (const [form, when] of this.#retries) {
      if (when > clock.now()) continue
      this.#retries.delete(form)
      void this.#open(form)
    }
    this.#announce()
    this.#timer = clock.after(every, () => this.#tick())
  }

  #announce(): void {
    const { keys, caps } = this.#options
    const port = this.#options.port()
    if (port === undefined) return
    // The interfaces are read every time: a network that was just joined is announced to at once.
    const networks: readonly AnnounceTo[] = (this.#options.networks ?? localNetworks)()
    for (const network of networks) {
      const address = addressText(netAddress(network.address, port, keys.id))
      const ports = network.ports ?? this.#wanted
      this.#send('sealed', sealAnnouncement(address, keys, caps), network.broadcast, ports.sealed)
      this.#send('plain', plainAnnouncement(address), network.broadcast, ports.plain)
    }
  }

  #send(form: Form, packet: Uint8Array, host: string, port: number): void {
    this.#sockets
      .get(form)
      ?.send(
        packet,
        port,
        host,
        (error) => void (error ? this.counters.sendFailed++ : this.counters.sent++),
      )
  }

  #hear(form: Form, packet: Uint8Array, from: RemoteInfo): void {
    const { keys, caps, heard } = this.#options
    if (!isLocalAddress(from.address)) return void this.counters.foreign++
    if (!this.#mayRead(from.address)) return void this.counters.limited++
    const said = form === 'sealed' ? openAnnouncement(packet, caps) : readPlainAnnouncement(packet)
    if ('bad' in said) return void this.counters.bad++
    if (said.peer === keys.id) return void this.counters.own++
    this.counters.heard++
    const port = Number(said.addresses[0]?.parts.at(-1))
    heard({
      peer: said.peer,
      address: addressText(netAddress(from.address, port, said.peer)),
      verified: said.verified,
    })
  }

  async #open(form: Form): Promise<void> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    try {
      await bound(socket, this.#wanted[form], this.#options.bind)
      socket.setBroadcast(true)
    } catch {
      this.counters.bindFailed++
      this.#lose(form, socket)
      return
    }
    if (this.#closed) return closeQuietly(socket)
    socket.on('message', (packet, from) => this.#hear(form, packet, from))
    socket.on('error', () => this.#lose(form, socket))
    socket.unref()
    this.#sockets.set(form, socket)
  }

  #lose(form: Form, socket: Socket): void {
    this.#sockets.delete(form)
    this.#retries.set(form, this.#options.clock.now() + reopenAfter)
    closeQuietly(socket)
  }
}

function bound(socket: Socket, port: number, address: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ port, ...(address ? { address } : {}) }, () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

function closeQuietly(socket: Socket): void {
  try {
    socket.removeAllListeners()
    socket.on('error', () => {})
    socket.close()
  } catch {
    // It was never open.
  }
}

function portOf(socket: Socket | undefined): number {
  return socket?.address().port ?? 0
}
