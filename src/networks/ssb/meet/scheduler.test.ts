import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '#base/clock.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { openAddressBook, type AddressBook } from '#networks/ssb/meet/address-book.ts'
import { addressText, netAddress } from '#networks/ssb/meet/address.ts'
import { openConnections, type Connections } from '#networks/ssb/meet/connections.ts'
import {
  startScheduler,
  type Scheduler,
  type SchedulerOptions,
} from '#networks/ssb/meet/scheduler.ts'
import { memoryHost } from '#rig/memory-host.ts'
import { memoryNetwork, type MemoryNetwork } from '#rig/memory-network.ts'
import { virtualClock, type VirtualClock } from '#rig/virtual-clock.ts'

const caps = Buffer.alloc(32, 5)
const signal = new AbortController().signal
const id = (n: number): string => keysOf(Buffer.alloc(32, n)).id
const at = (n: number): string => addressText(netAddress(`host${n}`, 1, id(n)))

/** A small reproducible generator (Lehmer). */
function dice(seed = 1): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

type Rig = AsyncDisposable & {
  readonly net: MemoryNetwork
  readonly clock: VirtualClock
  readonly book: AddressBook
  readonly connections: Connections
  readonly scheduler: Scheduler
  peer(n: number): Promise<Connections>
  run(ms: number): Promise<void>
  /** The machine sleeps: time passes, timers do not. */
  suspend(ms: number): void
}

async function rig(options: Partial<SchedulerOptions> = {}): Promise<Rig> {
  const [net, virtual, stack] = [memoryNetwork(), virtualClock(), new AsyncDisposableStack()]
  let slept = 0
  const clock: Clock = {
    now: () => virtual.now() + slept,
    after: (ms, action) => virtual.after(ms, action),
  }
  const peer = async (n: number): Promise<Connections> => {
    const connections = openConnections({
      keys: keysOf(Buffer.alloc(32, n)),
      caps,
      carriers: [net.carrier(`host${n}`)],
      methods: {},
      clock,
      authorise: () => 'yes',
    })
    await connections.listen()
    return stack.use(connections)
  }
  const connections = await peer(1)
  const book = stack.use(await openAddressBook({ state: memoryHost().state, clock }))
  const scheduler = startScheduler({
    book,
    connections,
    clock,
    random: dice(),
    interest: () => 1,
    network: () => 'home',
    reachable: () => true,
    resumed: () => {},
    ...options,
  })
  stack.defer(() => scheduler[Symbol.dispose]())
  return {
    net,
    clock: virtual,
    book,
    connections,
    scheduler,
    peer,
    suspend: (ms) => void (slept += ms),
    async run(ms) {
      for (let passed = 0; passed < ms; passed += 500) {
        await virtual.advance(500)
        for (let i = 0; i < 12; i++) await turn()
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

test('a peer that is heard of is dialled within a second and kept', async () => {
  await using r = await rig()
  await r.peer(2)
  r.book.hear(id(2), at(2), 'pub')
  await r.run(1_500)
  assert.equal(r.connections.get(id(2))?.remote, id(2))
  await r.run(60_000)
  assert.equal(r.net.dials.length, 1)
})

test('an address that fails is tried ever more rarely, at most an hour apart', async () => {
  await using r = await rig()
  r.book.hear(id(2), at(2), 'person')
  await r.run(600_000)
  const early = r.net.dials.length
  assert.ok(early >= 5 && early <= 25, `${early} dials in ten minutes`)
  const { failures = 0, due = 0, error } = r.book.get(id(2))?.addresses[0] ?? {}
  assert.equal(failures, early)
  assert.ok(due - r.clock.now() <= 3_600_000)
  assert.match(error ?? '', /nothing listens there/)
  assert.equal(r.scheduler.waiting()[0]?.peer.peer, id(2))
})

test('a person who asks does not wait for the back-off', async () => {
  await using r = await rig()
  r.book.hear(id(2), at(2), 'pub')
  r.book.failed(id(2), at(2), 3_600_000, 'no')
  await r.peer(2)
  await r.run(5_000)
  assert.equal(r.connections.get(id(2)), undefined)
  await r.scheduler.connect(netAddress('host2', 1, id(2)), signal)
  assert.ok(r.connections.get(id(2)))
  assert.equal(r.book.get(id(2))?.addresses[0]?.source, 'person')
})

test('what the person asked for comes first, then the local network, then rooms, then peers with news', async () => {
  await using r = await rig({ quotas: { dials: 1 }, interest: (peer) => (peer === id(5) ? 8 : 1) })
  for (const n of [2, 3, 4, 5, 6]) await r.peer(n)
  r.book.hear(id(6), at(6), 'pub')
  r.book.hear(id(5), at(5), 'pub')
  r.book.hear(id(4), at(4), 'room')
  r.book.describe(id(4), { role: 'room' })
  r.book.hear(id(3), at(3), 'lan')
  await r.scheduler.connect(netAddress('host2', 1, id(2)), signal)
  await r.run(6_000)
  assert.deepEqual(r.net.dials, ['host2', 'host3', 'host4', 'host5', 'host6'])
})

test('strangers are met on the local network, but not from gossip', async () => {
  await using r = await rig({ interest: () => 0 })
  for (const n of [2, 3]) await r.peer(n)
  r.book.hear(id(2), at(2), 'pub')
  r.book.hear(id(3), at(3), 'lan')
  await r.run(5_000)
  assert.deepEqual(r.net.dials, ['host3'])
})

test('a published address that leads into our own network is not dialled', async () => {
  await using r = await rig()
  for (const host of ['192.168.1.1', '127.0.0.1', '::1', 'localhost', 'fd00::1', '10.0.0.1']) {
    r.book.hear(id(2), addressText(netAddress(host, 8008, id(2))), 'pub')
    await r.run(2_000)
    r.book.forget(id(2))
  }
  assert.deepEqual(r.net.dials, [])
})

test('no more dials run at a time than allowed, and no more connections are kept than the quota', async () => {
  await using r = await rig({ quotas: { dials: 2, others: 4 } })
  for (let n = 2; n < 12; n++) {
    r.net.mute.add(`host${n}`)
    r.book.hear(id(n), at(n), 'pub')
  }
  await r.run(5_000)
  assert.equal(r.connections.count().dialling, 1, 'one of two stays free for another kind of peer')
  r.net.mute.add('host12')
  r.book.hear(id(12), at(12), 'lan')
  r.net.mute.add('host13')
  r.book.hear(id(13), at(13), 'lan')
  await r.run(5_000)
  assert.equal(r.connections.count().dialling, 2)
  r.net.mute.clear()
  for (let n = 2; n < 12; n++) await r.peer(n)
  await r.run(120_000)
  assert.equal(r.connections.count().total, 4)
})

test('a connection that is idle for long makes room for another', async () => {
  await using r = await rig({ quotas: { others: 1, rotate: 60_000 } })
  for (const n of [2, 3]) await r.peer(n)
  r.book.hear(id(2), at(2), 'pub')
  await r.run(2_000)
  r.book.hear(id(3), at(3), 'pub')
  await r.run(30_000)
  assert.ok(r.connections.get(id(2)))
  await r.run(60_000)
  assert.ok(r.connections.get(id(3)), 'the other one had its turn')
  assert.equal(r.connections.get(id(2)), undefined)
})

test('a peer that ends the connection at once is backed off from', async () => {
  await using r = await rig()
  const rude = await r.peer(2)
  rude.on((event) => {
    if (event.type === 'connected') void rude.disconnect(event.peer)
  })
  r.book.hear(id(2), at(2), 'pub')
  await r.run(300_000)
  assert.ok(r.net.dials.length < 20, `${r.net.dials.length} dials`)
})

test('a lost connection is made again', async () => {
  await using r = await rig()
  const other = await r.peer(2)
  r.book.hear(id(2), at(2), 'pub')
  await r.run(30_000)
  await other.disconnect(id(1))
  await r.run(10_000)
  assert.ok(r.connections.get(id(2)))
  assert.equal(r.net.dials.length, 2)
})

test('after a suspend all waits are forgotten and the connections are checked', async () => {
  let checked = 0
  await using r = await rig({ resumed: () => checked++ })
  r.book.hear(id(2), at(2), 'pub')
  await r.run(60_000)
  r.book.failed(id(2), at(2), 3 * 3_600_000, 'no')
  const before = r.net.dials.length
  await r.peer(2)
  r.suspend(3_600_000)
  await r.run(2_000)
  assert.equal(checked, 1)
  assert.equal(r.net.dials.length, before + 1)
  assert.ok(r.connections.get(id(2)))
})

test('nothing is dialled while there is no network, and at once when it is back', async () => {
  let network = ''
  await using r = await rig({ network: () => network })
  await r.peer(2)
  r.book.hear(id(2), at(2), 'pub')
  await r.run(60_000)
  assert.equal(r.net.dials.length, 0)
  network = 'home'
  await r.run(2_000)
  assert.ok(r.connections.get(id(2)))
})

test('in another network all waits are forgotten and the connections are checked', async () => {
  let checked = 0
  let network = 'home'
  await using r = await rig({ network: () => network, resumed: () => checked++ })
  r.book.hear(id(2), at(2), 'pub')
  r.book.failed(id(2), at(2), 3_600_000, 'no')
  await r.peer(2)
  await r.run(5_000)
  assert.equal(r.connections.get(id(2)), undefined)
  network = 'café'
  await r.run(2_000)
  assert.ok(r.connections.get(id(2)))
  assert.equal(checked, 1)
})

test('news in a flood do not keep the scheduler from its work', async () => {
  await using r = await rig()
  await r.peer(2)
  r.book.hear(id(2), at(2), 'pub')
  for (let i = 0; i < 100; i++) {
    r.scheduler.nudge()
    await r.clock.advance(20)
  }
  await r.run(500)
  assert.ok(r.connections.get(id(2)))
})

test('a stopped scheduler leaves no timer', async () => {
  const r = await rig()
  r.book.hear(id(2), at(2), 'pub')
  await r.run(3_000)
  await r[Symbol.asyncDispose]()
  assert.equal(r.clock.pending, 0)
})
