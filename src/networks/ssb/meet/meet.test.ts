import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { keysOf } from '#networks/ssb/identity.ts'
import { meetActions } from '#networks/ssb/meet/actions.ts'
import type { AnnounceTo } from '#networks/ssb/meet/lan/discovery.ts'
import { openMeet, type Meet, type MeetOptions } from '#networks/ssb/meet/meet.ts'
import { tcpCarrier } from '#networks/ssb/wire/tcp.ts'
import { memoryHost } from '#rig/memory-host.ts'
import { virtualClock, type VirtualClock } from '#rig/virtual-clock.ts'

const caps = Buffer.alloc(32, 5)
const keys = (n: number) => keysOf(Buffer.alloc(32, n))
const id = (n: number): string => keys(n).id
const signal = AbortSignal.timeout(50_000)

type Node = Meet & { act(name: string, parameters?: Record<string, string>): Promise<unknown> }

async function node(
  clock: VirtualClock,
  n: number,
  options: Partial<MeetOptions> = {},
): Promise<Node> {
  const meet = await openMeet({
    keys: keys(n),
    caps,
    clock,
    state: memoryHost().state,
    fetch: globalThis.fetch,
    carriers: [tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } })],
    methods: {},
    authorise: () => 'yes',
    interest: () => 1,
    changed: () => {},
    lan: false,
    network: () => 'test',
    ...options,
  })
  await meet.start()
  const actions = meetActions({
    meet,
    keys: keys(n),
    caps,
    clock,
    fetch: globalThis.fetch,
    accepted: async () => {},
  })
  return Object.assign(meet, {
    act: async (name: string, given: Record<string, string> = {}) =>
      actions[name]?.run(given, signal),
  })
}

/** Lets time pass here while the real sockets work. */
async function run(clock: VirtualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    await clock.advance(100)
    await pause(1)
  }
}

async function until(clock: VirtualClock, what: () => boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (what()) return
    await run(clock, 100)
  }
  assert.fail('it did not happen')
}

test('two nodes on one machine find each other by their announcements and connect once', async () => {
  const clock = virtualClock()
  const announced: AnnounceTo[] = []
  const lan = { ports: { sealed: 0, plain: 0 }, bind: '127.0.0.1', networks: () => announced }
  await using a = await node(clock, 1, { lan })
  await using b = await node(clock, 2, { lan })
  // Port 0 was taken for the test: each announces to the ports that the other got.
  for (const one of [a, b])
    announced.push({ address: '127.0.0.1', broadcast: '127.0.0.1', ports: one.lanPorts })
  await until(
    clock,
    () => a.connections.get(id(2)) !== undefined && b.connections.get(id(1)) !== undefined,
  )
  await run(clock, 1_000)
  assert.equal(a.connections.count().total, 1)
  assert.equal(b.connections.count().total, 1)
  const status = a.status()
  assert.equal(status.peers[0]?.state, 'connected')
  assert.ok((status.counters['lan heard'] ?? 0) > 0)
  assert.match(status.addresses[0] ?? '', /^net:127\.0\.0\.1:\d+~shs:[A-Za-z0-9+/]{43}=$/)
})

test('connect remembers the address, disconnect ends it for good, connect again brings it back', async () => {
  const clock = virtualClock()
  const host = memoryHost()
  await using b = await node(clock, 2)
  const address = b.status().addresses[0] ?? ''
  {
    await using a = await node(clock, 1, { state: host.state })
    assert.deepEqual(await a.act('connect', { address }), {
      peer: id(2),
      address: address.split('~')[0],
    })
    assert.deepEqual(await a.act('disconnect', { peer: id(2) }), { peer: id(2) })
    await run(clock, 3_000)
    assert.equal(a.connections.count().total, 0)
  }
  await using a = await node(clock, 1, { state: host.state })
  await run(clock, 3_000)
  assert.equal(a.connections.count().total, 0)
  await a.act('connect', { address })
  assert.equal(a.connections.count().total, 1)
  assert.deepEqual(await a.act('known'), [
    {
      peer: id(2),
      role: null,
      name: null,
      automatic: true,
      addresses: [{ address, source: 'person', failures: 0 }],
    },
  ])
  await a.act('forget', { peer: id(2) })
  assert.deepEqual(await a.act('known'), [])
})

test('a remembered peer is dialled again after a restart, and so is one from the settings', async () => {
  const clock = virtualClock()
  const host = memoryHost()
  await using b = await node(clock, 2)
  await using c = await node(clock, 3)
  const [first = '', second = ''] = [b, c].map((one) => one.status().addresses[0] ?? '')
  {
    await using a = await node(clock, 1, { state: host.state })
    await a.connect(first, signal)
  }
  await using a = await node(clock, 1, { state: host.state, keep: [second] })
  await until(
    clock,
    () => a.connections.get(id(2)) !== undefined && a.connections.get(id(3)) !== undefined,
  )
})

test('a text that is no address, an invite that is none and a name that is none are refused in clear words', async () => {
  const clock = virtualClock()
  await using a = await node(clock, 1)
  await assert.rejects(a.act('connect', { address: 'hello' }), /This is not an address/)
  await assert.rejects(a.act('connect', {}), /"address" is missing/)
  await assert.rejects(a.act('disconnect', { peer: 'me' }), /not the name of a peer/)
  await assert.rejects(a.act('invite-accept', { code: 'hello' }), /not an invite/)
  await assert.rejects(a.act('alias', { link: 'hello' }), /not the link of an alias/)
  await assert.rejects(a.act('alias-register', { room: id(9), alias: 'x' }), /not connected now/)
})

test('entering what is no room says so', async () => {
  const clock = virtualClock()
  await using a = await node(clock, 1)
  await using b = await node(clock, 2)
  await assert.rejects(
    a.act('room-join', { link: b.status().addresses[0] ?? '' }),
    /it is not a room/,
  )
})
