import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAddressBook } from '#networks/ssb/meet/address-book.ts'
import { memoryHost } from '#rig/memory-host.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const peer = (n: number): string => `@${Buffer.alloc(32, n).toString('base64')}.ed25519`
const at = (n: number, host = `host${n}`): string =>
  `net:${host}:8008~shs:${Buffer.alloc(32, n).toString('base64')}`

test('what is known of a peer is there again after a restart', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  {
    await using book = await openAddressBook({ state, clock })
    book.hear(peer(1), at(1), 'person')
    book.describe(peer(1), { role: 'room', name: 'Garden', member: true })
    book.failed(peer(1), at(1), 60_000, 'nothing listens there')
  }
  assert.equal(clock.pending, 0)
  await using book = await openAddressBook({ state, clock })
  const { role, name, member, addresses } = book.get(peer(1)) ?? assert.fail()
  assert.deepEqual({ role, name, member }, { role: 'room', name: 'Garden', member: true })
  assert.deepEqual(addresses, [
    {
      address: at(1),
      source: 'person',
      heard: clock.now(),
      failures: 1,
      due: clock.now() + 60_000,
      error: 'nothing listens there',
    },
  ])
})

test('changes are written a moment later without being asked', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await using book = await openAddressBook({ state, clock })
  book.hear(peer(1), at(1), 'pub')
  assert.deepEqual(await state.keys('meet/'), [])
  await clock.advance(1_000)
  assert.deepEqual(await state.keys('meet/'), [`meet/peer/${peer(1)}`])
})

test('a success clears the failures; the next failure starts from one', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await using book = await openAddressBook({ state, clock })
  book.hear(peer(1), at(1), 'pub')
  for (let i = 0; i < 3; i++) book.failed(peer(1), at(1), 1_000, 'no')
  book.succeeded(peer(1), at(1))
  book.failed(peer(1), at(1), 1_000, 'no')
  assert.equal(book.get(peer(1))?.addresses[0]?.failures, 1)
  assert.equal(book.get(peer(1))?.addresses[0]?.succeeded, clock.now())
})

test('a peer of the local network is forgotten 20 s after its last announcement, and never written', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await using book = await openAddressBook({ state, clock })
  book.hear(peer(1), at(1), 'lan')
  await clock.advance(15_000)
  book.hear(peer(1), at(1), 'lan')
  await clock.advance(15_000)
  assert.equal(book.all().length, 1)
  await clock.advance(6_000)
  assert.equal(book.all().length, 0)
  await book.flush()
  assert.deepEqual(await state.keys('meet/'), [])
})

test('an address that the person gave stays while its LAN announcements go', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await using book = await openAddressBook({ state, clock })
  book.hear(peer(1), at(1), 'person')
  book.hear(peer(1), at(1), 'lan')
  book.hear(peer(1), at(1, 'other'), 'lan')
  await clock.advance(30_000)
  assert.deepEqual(
    book.all()[0]?.addresses.map(({ address, source }) => ({ address, source })),
    [{ address: at(1), source: 'person' }],
  )
})

test('the number of peers is bounded; strangers go before those whom the person knows', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await using book = await openAddressBook({ state, clock, limit: 10 })
  book.hear(peer(1), at(1), 'person')
  book.hear(peer(2), at(2), 'invite')
  for (let n = 3; n < 100; n++) book.hear(peer(n), at(n), 'pub')
  assert.equal(book.all().length, 10)
  assert.ok(book.get(peer(1)) && book.get(peer(2)))
  await book.flush()
  assert.equal((await state.keys('meet/')).length, 10)
})

test('addresses of one peer are bounded; announcements cannot push out what the person gave', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await using book = await openAddressBook({ state, clock })
  book.hear(peer(1), at(1), 'person')
  for (let i = 0; i < 50; i++) book.hear(peer(1), at(1, `fake${i}`), 'lan')
  assert.equal(book.get(peer(1))?.addresses.length, 6)
  assert.equal(book.get(peer(1))?.addresses[0]?.address, at(1))
})

test('a damaged row is passed over, and an overlong address is not taken', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await state.put('meet/peer/a', Buffer.from('{"peer":'))
  await state.put('meet/peer/b', Buffer.from('[]'))
  await state.put('meet/peer/c', Buffer.from('{"peer":"x","addresses":[{"address":7}]}'))
  await using book = await openAddressBook({ state, clock })
  book.hear(peer(1), at(1, 'x'.repeat(2_000)), 'pub')
  assert.deepEqual(book.all(), [])
})

test('a forgotten peer and a lost address are gone from disk too', async () => {
  const [clock, { state }] = [virtualClock(), memoryHost()]
  await using book = await openAddressBook({ state, clock })
  book.hear(peer(1), at(1), 'person')
  book.hear(peer(2), at(2), 'room')
  await book.flush()
  book.forget(peer(1))
  book.lose(peer(2), at(2))
  await book.flush()
  assert.deepEqual(await state.keys('meet/'), [])
})
