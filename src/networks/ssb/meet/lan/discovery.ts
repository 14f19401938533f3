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
import { isLocalAddress, localNetworks, type LocalNetwork } from '#networks/ssb/meet/lan/interfaces.ts'
import { openAnnouncement, plainAnnouncement, readPlainAnnouncement, sealAnnouncement } from '#networks/ssb/meet/lan/packet.ts'
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
export type AnnounceTo = LocalNetwork & { readonly ports?: { readonly sealed: number; readonly plain: number } }

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

type LanCounter = 'sent' | 'sendFailed' | 'heard' | 'own' | 'foreign' | 'limited' | 'bad' | 'bindFailed'
type Form = 'sealed' | 'plain'

const every = 2_000
const reopenAfter = 30_000

/** Starts announcing and hearing. A port that cannot be opened is counted and tried again; it does not stop the other. */
export async function startLanDiscovery(options: LanOptions): Promise<LanDiscovery> {
  const { keys, caps, clock } = options
  const ports = options.ports ?? { sealed: 26_830, plain: 8_008 }
  const networks: () => readonly AnnounceTo[] = options.networks ?? localNetworks
  const counters: Record<LanCounter, number> = { sent: 0, sendFailed: 0, heard: 0, own: 0, foreign: 0, limited: 0, bad: 0, bindFailed: 0 }
  const mayRead = packetLimit(clock, { perSource: 60, total: 600 })
  const sockets = new Map<Form, Socket>()
  const retries = new Map<Form, number>()
  let timer: Timer | undefined
  let closed = false

  function hear(form: Form, packet: Uint8Array, from: RemoteInfo): void {
    if (!isLocalAddress(from.address)) return void counters.foreign++
    if (!mayRead(from.address)) return void counters.limited++
    const said = form === 'sealed' ? openAnnouncement(packet, caps) : readPlainAnnouncement(packet)
    if ('bad' in said) return void counters.bad++
    if (said.peer === keys.id) return void counters.own++
    counters.heard++
    const port = Number(said.addresses[0]?.parts.at(-1))
    options.heard({ peer: said.peer, address: addressText(netAddress(from.address, port, said.peer)), verified: said.verified })
  }

  async function open(form: Form): Promise<void> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    try {
      await bound(socket, ports[form], options.bind)
      socket.setBroadcast(true)
    } catch {
      counters.bindFailed++
      retries.set(form, clock.now() + reopenAfter)
      closeQuietly(socket)
      return
    }
    if (closed) return closeQuietly(socket)
    socket.on('message', (packet, from) => hear(form, packet, from))
    socket.on('error', () => {
      sockets.delete(form)
      retries.set(form, clock.now() + reopenAfter)
      closeQuietly(socket)
    })
    socket.unref()
    sockets.set(form, socket)
  }

  function announce(): void {
    const port = options.port()
    if (port === undefined) return
    // The interfaces are read every time: a network that was just joined is announced to at once.
    for (const network of networks()) {
      const address = addressText(netAddress(network.address, port, keys.id))
      send('sealed', sealAnnouncement(address, keys, caps), network.broadcast, network.ports?.sealed)
      send('plain', plainAnnouncement(address), network.broadcast, network.ports?.plain)
    }
  }
  function send(form: Form, packet: Uint8Array, host: string, port = ports[form]): void {
    sockets.get(form)?.send(packet, port, host, (error) => void (error ? counters.sendFailed++ : counters.sent++))
  }
  function tick(): void {
    for (const [form, when] of retries) {
      if (when > clock.now()) continue
      retries.delete(form)
      void open(form)
    }
    announce()
    timer = clock.after(every, tick)
  }

  await Promise.all([open('sealed'), ...(options.legacy === false ? [] : [open('plain')])])
  tick()
  return {
    get ports() {
      return { sealed: portOf(sockets.get('sealed')), plain: portOf(sockets.get('plain')) }
    },
    counters,
    async [Symbol.asyncDispose]() {
      closed = true
      timer?.cancel()
      const open = [...sockets.values()]
      sockets.clear()
      await Promise.all(open.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
    },
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

