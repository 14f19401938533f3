import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { keysOf } from '#networks/ssb/identity.ts'
import {
  startLanDiscovery,
  type AnnounceTo,
  type LanDiscovery,
  type LanOptions,
  type LanPeer,
} from '#networks/ssb/meet/lan/discovery.ts'
import { plainAnnouncement, sealAnnouncement } from '#networks/ssb/meet/lan/packet.ts'
import { virtualClock, type VirtualClock } from '#rig/virtual-clock.ts'

const caps = Buffer.alloc(32, 7)
const id = (n: number): string => keysOf(Buffer.alloc(32, n)).id
const at = (n: number, host: string, port: number): string =>
  `net:${host}:${port}~shs:${id(n).slice(1, -8)}`

type Node = LanDiscovery & { readonly peers: LanPeer[] }

async function open(
  n: number,
  clock: VirtualClock,
  options: Partial<LanOptions> = {},
): Promise<Node> {
  const peers: LanPeer[] = []
  const discovery = await startLanDiscovery({
    keys: keysOf(Buffer.alloc(32, n)),
    caps,
    clock,
    port: () => 8000 + n,
    heard: (peer) => peers.push(peer),
    ports: { sealed: 0, plain: 0 },
    networks: () => [],
    bind: '127.0.0.1',
    ...options,
  })
  return Object.assign(discovery, { peers })
}

/** Real datagrams take real time. */
async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (what()) return
    await pause(5)
  }
  assert.fail('it did not happen')
}

async function send(packet: Uint8Array, port: number): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) =>
    socket.send(packet, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  )
  await new Promise<void>((resolve) => socket.close(() => resolve()))
}

test('two nodes hear each other in both forms, every two seconds, and not themselves', async () => {
  const clock = virtualClock()
  const targets: AnnounceTo[] = []
  await using a = await open(1, clock, { networks: () => targets })
  await using b = await open(2, clock, { networks: () => targets })
  targets.push(
    { address: '127.0.0.1', broadcast: '127.0.0.1', ports: { ...a.ports } },
    { address: '127.0.0.1', broadcast: '127.0.0.1', ports: { ...b.ports } },
  )
  await clock.advance(2_000)
  await until(() => a.peers.length === 2 && b.peers.length === 2)
  assert.deepEqual(
    a.peers.map(({ verified }) => Number(verified)).sort((m, n) => m - n),
    [0, 1],
  )
  assert.deepEqual(
    new Set(a.peers.map(({ peer, address }) => `${peer} ${address}`)),
    new Set([`${id(2)} ${at(2, '127.0.0.1', 8002)}`]),
  )
  assert.deepEqual(
    new Set(b.peers.map(({ address }) => address)),
    new Set([at(1, '127.0.0.1', 8001)]),
  )
  await until(() => a.counters.own === 2)
  await clock.advance(2_000)
  await until(() => a.peers.length === 4)
})

test('the host in an announcement is replaced by where it came from', async () => {
  await using a = await open(1, virtualClock())
  await send(
    sealAnnouncement(at(2, '192.168.99.99', 4_000), keysOf(Buffer.alloc(32, 2)), caps),
    a.ports.sealed,
  )
  await until(() => a.peers.length === 1)
  assert.deepEqual(a.peers, [{ peer: id(2), address: at(2, '127.0.0.1', 4_000), verified: true }])
})

test('malformed packets and those of another network are counted and say nothing', async () => {
  await using a = await open(1, virtualClock())
  await send(Buffer.from('hello'), a.ports.sealed)
  await send(
    sealAnnouncement(at(2, '127.0.0.1', 1), keysOf(Buffer.alloc(32, 2)), Buffer.alloc(32, 8)),
    a.ports.sealed,
  )
  await send(Buffer.from('hello'), a.ports.plain)
  await until(() => a.counters.bad === 3)
  assert.deepEqual(a.peers, [])
})

test('a source that floods is heard in bounds, and again in the next window', async () => {
  const clock = virtualClock()
  await using a = await open(1, clock)
  const packet = plainAnnouncement(at(2, '127.0.0.1', 4_000))
  for (let i = 0; i < 80; i++) await send(packet, a.ports.plain)
  await until(() => a.counters.heard + a.counters.limited === 80)
  assert.equal(a.counters.heard, 60)
  await clock.advance(10_000)
  await send(packet, a.ports.plain)
  await until(() => a.counters.heard === 61)
})

test('a new network is announced to at once; without a listener nothing is announced', async () => {
  const clock = virtualClock()
  const targets: AnnounceTo[] = []
  const listening: { port?: number } = {}
  await using a = await open(1, clock)
  await using b = await open(2, clock, { networks: () => targets, port: () => listening.port })
  await clock.advance(4_000)
  assert.equal(b.counters.sent, 0)
  targets.push({ address: '127.0.0.1', broadcast: '127.0.0.1', ports: { ...a.ports } })
  await clock.advance(2_000)
  assert.equal(b.counters.sent, 0)
  listening.port = 9
  await clock.advance(2_000)
  await until(() => a.peers.length === 2)
})

test('the plain form can be left out', async () => {
  const clock = virtualClock()
  await using a = await open(1, clock)
  await using b = await open(2, clock, {
    legacy: false,
    networks: () => [{ address: '127.0.0.1', broadcast: '127.0.0.1', ports: { ...a.ports } }],
  })
  await until(() => a.peers.length === 1)
  assert.equal(b.ports.plain, 0)
  assert.equal(a.peers[0]?.verified, true)
})

test('a port that cannot be opened is counted and tried again; the other form works', async () => {
  const clock = virtualClock()
  const taken = createSocket('udp4')
  await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve))
  const port = taken.address().port
  await using a = await open(1, clock, { ports: { sealed: port, plain: 0 } })
  assert.equal(a.counters.bindFailed, 1)
  assert.equal(a.ports.sealed, 0)
  assert.ok(a.ports.plain > 0)
  await new Promise<void>((resolve) => taken.close(() => resolve()))
  await clock.advance(30_000)
  await until(() => a.ports.sealed === port)
})

test('two nodes of one machine share the same ports', async () => {
  const clock = virtualClock()
  await using a = await open(1, clock)
  await using b = await open(2, clock, { ports: { ...a.ports } })
  assert.deepEqual(b.ports, a.ports)
  assert.equal(b.counters.bindFailed, 0)
})

test('closing leaves no timer', async () => {
  const clock = virtualClock()
  const a = await open(1, clock)
  await a[Symbol.asyncDispose]()
  assert.equal(clock.pending, 0)
})
