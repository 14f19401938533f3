import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateBox } from '#network/host.ts'
import { openWriteGuard } from '#networks/ssb/write-guard.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

function box(): StateBox {
  const rows = new Map<string, Uint8Array>()
  return {
    get: async (key) => rows.get(key),
    put: async (key, value) => void rows.set(key, value),
    delete: async (key) => void rows.delete(key),
    keys: async (prefix) => [...rows.keys()].filter((key) => key.startsWith(prefix)).toSorted(),
  }
}

const restored = { sequence: 0, fresh: false, override: false }

test('a new identity may write at once, and still after a restart', async () => {
  const state = box()
  const clock = virtualClock()
  using first = await openWriteGuard({ state, clock, ...restored, fresh: true })
  assert.equal(first.reason, undefined)
  using second = await openWriteGuard({ state, clock, ...restored })
  assert.equal(second.reason, undefined)
})

test('a restored identity waits until a peer told its newest message and it is here', async () => {
  const state = box()
  const clock = virtualClock()
  using guard = await openWriteGuard({ state, clock, ...restored })
  assert.match(guard.reason ?? '', /restored/)
  await guard.heard('@a', 0)
  assert.match(guard.reason ?? '', /restored/, 'a peer that never heard of us proves nothing')
  await guard.heard('@a', 3)
  assert.match(guard.reason ?? '', /message 3/)
  await guard.stored(2)
  assert.match(guard.reason ?? '', /only 2/)
  await guard.stored(3)
  assert.equal(guard.reason, undefined)
  assert.equal(clock.pending, 0)
})

test('an old copy of the database stops writing when a peer knows more', async () => {
  const state = box()
  const clock = virtualClock()
  await state.put('own-feed-established', new Uint8Array([1]))
  using guard = await openWriteGuard({ state, clock, ...restored, sequence: 5 })
  assert.equal(guard.reason, undefined)
  await guard.heard('@a', 9)
  assert.match(guard.reason ?? '', /message 9/)
  await guard.stored(9)
  assert.equal(guard.reason, undefined)
})

test('a peer that claims messages and never delivers cannot stop writing for long', async () => {
  const state = box()
  const clock = virtualClock()
  using guard = await openWriteGuard({ state, clock, ...restored, sequence: 5, fresh: true })
  await guard.heard('@liar', 1e9)
  assert.ok(guard.reason)
  await clock.advance(120_000)
  assert.equal(guard.reason, undefined)
  assert.equal(guard.unkept, 1)
  await guard.heard('@liar', 2e9)
  assert.equal(guard.reason, undefined)
  await guard.heard('@another', 6)
  assert.ok(guard.reason)
})

test('a peer that raises its claim again and again does not prolong the waiting', async () => {
  const clock = virtualClock()
  using guard = await openWriteGuard({
    state: box(),
    clock,
    ...restored,
    sequence: 5,
    fresh: true,
  })
  for (let claim = 10; claim < 20; claim++) {
    await guard.heard('@liar', claim)
    await clock.advance(60_000)
  }
  assert.equal(guard.reason, undefined)
})

test('a peer that delivers for a long time is waited for', async () => {
  const clock = virtualClock()
  using guard = await openWriteGuard({
    state: box(),
    clock,
    ...restored,
    sequence: 5,
    fresh: true,
  })
  await guard.heard('@pub', 10)
  for (let sequence = 6; sequence < 10; sequence++) {
    await clock.advance(60_000)
    await guard.stored(sequence)
  }
  assert.ok(guard.reason)
  await guard.stored(10)
  assert.equal(guard.reason, undefined)
  assert.equal(clock.pending, 0)
})

test('nonsense claims change nothing', async () => {
  using guard = await openWriteGuard({
    state: box(),
    clock: virtualClock(),
    ...restored,
    fresh: true,
  })
  for (const claim of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])
    await guard.heard('@liar', claim)
  assert.equal(guard.reason, undefined)
})

test('the override writes although nobody was heard', async () => {
  using guard = await openWriteGuard({
    state: box(),
    clock: virtualClock(),
    ...restored,
    override: true,
  })
  assert.equal(guard.reason, undefined)
})
