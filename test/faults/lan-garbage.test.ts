/** The local network full of garbage and of peers that do not exist: the real one is found all the same. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { keysOf } from '#networks/ssb/identity.ts'
import type { AnnounceTo } from '#networks/ssb/meet/lan/discovery.ts'
import { plainAnnouncement, sealAnnouncement } from '#networks/ssb/meet/lan/packet.ts'
import { openMeet, type Meet } from '#networks/ssb/meet/meet.ts'
import { tcpCarrier } from '#networks/ssb/wire/tcp.ts'
import { memoryHost } from '#rig/memory-host.ts'
import { virtualClock, type VirtualClock } from '#rig/virtual-clock.ts'

const caps = Buffer.alloc(32, 5)
const SOURCES = 12
const PACKETS = 100

async function openNode(
  clock: VirtualClock,
  n: number,
  networks: () => readonly AnnounceTo[],
): Promise<Meet> {
  const meet = await openMeet({
    keys: keysOf(Buffer.alloc(32, n)),
    caps,
    clock,
    state: memoryHost().state,
    fetch: () => Promise.reject(new Error('nothing is fetched here')),
    carriers: [tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } })],
    methods: {},
    authorise: () => 'yes',
    interest: () => 0,
    changed: () => undefined,
    lan: { ports: { sealed: 0, plain: 0 }, bind: '127.0.0.1', networks },
    network: () => 'test',
  })
  await meet.start()
  return meet
}

test('garbage and made-up peers on the local network are bounded, and a real peer is still found', async () => {
  const clock = virtualClock()
  const places: AnnounceTo[] = []
  await using node = await openNode(clock, 1, () => [])
  const { sealed, plain } = node.lanPorts
  for (let source = 1; source <= SOURCES; source++) {
    const socket = createSocket('udp4')
    socket.bind(0, `127.0.2.${source}`)
    await once(socket, 'listening')
    for (let number = 0; number < PACKETS; number++) {
      await send(socket, packetOf(source, number), number % 2 === 0 ? sealed : plain)
    }
    socket.close()
  }
  await until(clock, () => heard(node) >= SOURCES * PACKETS)
  const { counters } = node.status()
  assert.ok((counters['lan bad'] ?? 0) > 0)
  assert.equal((counters['lan bad'] ?? 0) + (counters['lan heard'] ?? 0), 600)
  assert.ok((counters['peers known'] ?? 0) <= 600)
  const { total, dialling } = node.connections.count()
  assert.equal(total, 0)
  assert.ok(dialling <= 4)

  await clock.advance(10_000)
  places.push({ address: '127.0.0.1', broadcast: '127.0.0.1', ports: node.lanPorts })
  await using real = await openNode(clock, 2, () => places)
  const { id } = keysOf(Buffer.alloc(32, 2))
  await until(
    clock,
    () => node.connections.get(id) !== undefined && real.connections.count().total === 1,
  )
})

/** Noise, a forged box, a cut one, one of another network, or a peer that does not exist; the same in every run. */
function packetOf(source: number, number: number): Uint8Array {
  const noise = createHash('sha512').update(`${source} ${number}`).digest()
  const keys = keysOf(noise.subarray(0, 32))
  const address = `net:10.0.0.1:${1 + number}~shs:${Buffer.from(keys.publicKey).toString('base64')}`
  const box = Buffer.from(sealAnnouncement(address, keys, caps))
  const kinds = [
    noise,
    plainAnnouncement(address),
    Buffer.concat([noise, noise, noise]),
    Buffer.from(address.slice(0, number)),
    box.subarray(0, number * 2),
    Buffer.alloc(1_400, noise),
    box.fill(0, 20, 24),
    Buffer.from(`net:${'x'.repeat(number * 10)}`),
    sealAnnouncement(address, keys, caps),
    sealAnnouncement(address, keys, noise.subarray(0, 32)),
  ]
  return kinds[number % kinds.length] ?? noise
}

async function send(socket: Socket, packet: Uint8Array, port: number): Promise<void> {
  await new Promise((resolve) => socket.send(packet, port, '127.0.0.1', resolve))
  // The receiver reads before more is sent: nothing is lost for want of room in the socket.
  await turn()
}

function heard(node: Meet): number {
  const { counters } = node.status()
  const fates = ['heard', 'bad', 'limited', 'foreign', 'own']
  return fates.reduce((sum, fate) => sum + (counters[`lan ${fate}`] ?? 0), 0)
}

/** Lets time pass here while the real sockets work. */
async function until(clock: VirtualClock, holds: () => boolean): Promise<void> {
  for (let count = 0; count < 3_000; count++) {
    if (holds()) return
    await clock.advance(count % 20 === 19 ? 100 : 0)
    await turn()
  }
  assert.fail('it did not come to this')
}
