import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { keysOf } from '#networks/ssb/identity.ts'
import { netAddress } from '#networks/ssb/meet/address.ts'
import { openConnections, type Connections } from '#networks/ssb/meet/connections.ts'
import { keepAlive, pingMethod } from '#networks/ssb/meet/keep-alive.ts'
import type { Methods } from '#networks/ssb/wire/rpc.ts'
import { jsonBody } from '#networks/ssb/wire/rpc.ts'
import { memoryNetwork, type MemoryNetwork } from '#rig/memory-network.ts'
import { virtualClock, type VirtualClock } from '#rig/virtual-clock.ts'

const caps = Buffer.alloc(32, 5)
const signal = new AbortController().signal

async function open(
  net: MemoryNetwork,
  clock: VirtualClock,
  n: number,
  methods: Methods,
): Promise<Connections> {
  const connections = openConnections({
    keys: keysOf(Buffer.alloc(32, n)),
    caps,
    carriers: [net.carrier(`host${n}`)],
    methods,
    clock,
    authorise: () => 'yes',
  })
  await connections.listen()
  return connections
}
const address = (n: number) => netAddress(`host${n}`, 1, keysOf(Buffer.alloc(32, n)).id)

async function advance(clock: VirtualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await clock.advance(1_000)
    for (let i = 0; i < 5; i++) await turn()
  }
}

test('a silent connection is pinged and stays; a dead one is closed within two and a half minutes', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, { 'gossip.ping': pingMethod(clock) })
  await using b = await open(net, clock, 2, { 'gossip.ping': pingMethod(clock) })
  using _watch = keepAlive(a, { clock })
  const rpc = await a.dial(address(2), signal)
  await turn()
  const before = rpc.traffic.received
  await advance(clock, 600_000)
  assert.equal(a.count().total, 1)
  // Ten minutes hold about ten pings: the ball does not fly by itself.
  assert.ok(rpc.traffic.received - before < 2_000, `${rpc.traffic.received - before} bytes`)
  net.killLines()
  await advance(clock, 150_000)
  assert.equal(a.count().total, 0)
  await clock.advance(600_000)
  assert.equal(b.count().total, 0)
})

test('after a suspend a dead connection is noticed within the patience of one ping', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, {})
  await using b = await open(net, clock, 2, { 'gossip.ping': pingMethod(clock) })
  using watch = keepAlive(a, { clock })
  await a.dial(address(2), signal)
  await turn()
  net.killLines()
  watch.check()
  await advance(clock, 22_000)
  assert.equal(a.count().total, 0)
  void b
})

test('a peer that knows no ping at all is left alone', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, {})
  await using b = await open(net, clock, 2, {})
  using _watch = keepAlive(a, { clock })
  await a.dial(address(2), signal)
  await turn()
  await advance(clock, 200_000)
  assert.equal(a.count().total, 1)
  void b
})

test('a ball that is served to us is returned once, and we serve the next after five minutes', async () => {
  const [net, clock] = [memoryNetwork(), virtualClock()]
  await using a = await open(net, clock, 1, {})
  await using b = await open(net, clock, 2, { 'gossip.ping': pingMethod(clock) })
  const rpc = await a.dial(address(2), signal)
  const channel = rpc.duplex(['gossip', 'ping'], [{ timeout: 300_000 }])
  const got: number[] = []
  const reading = (async () => {
    for await (const body of channel.source) got.push(Number(Buffer.from(body.bytes).toString()))
  })().catch(() => {})
  await channel.write(jsonBody(clock.now()))
  await advance(clock, 2_000)
  assert.equal(got.length, 1)
  await advance(clock, 240_000)
  await channel.write(jsonBody(clock.now()))
  await advance(clock, 60_000)
  assert.equal(got.length, 3)
  await channel.end()
  await reading
  void b
})
