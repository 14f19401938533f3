import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryHost } from '#rig/memory-host.ts'
import { openClockMemory } from '#networks/ssb/replicate/ebt/memory.ts'
import { keysOf } from '#rig/signed-feeds.ts'

test('A clock is remembered as it was', async () => {
  const memory = openClockMemory(memoryHost().state)
  const clock = new Map([1, 2, 3].map((number) => [keysOf(number).id, number - 2]))
  await memory.save('@peer', clock)
  assert.deepEqual(await memory.load('@peer'), clock)
  assert.deepEqual(await memory.load('@other'), new Map())
  await memory.clear()
  assert.deepEqual(await memory.load('@peer'), new Map())
})

test('The memory of peers and of their feeds is bounded', async () => {
  const { state } = memoryHost()
  const memory = openClockMemory(state, { maxPeers: 3, maxFeeds: 2 })
  const clock = new Map([1, 2, 3].map((number) => [keysOf(number).id, number]))
  for (let peer = 0; peer < 10; peer++) await memory.save(`@${peer}`, clock)
  assert.equal((await state.keys('ebt/')).length, 3)
  assert.equal((await memory.load('@9')).size, 2)
})

test('Bytes that are no clock are none', async () => {
  const { state } = memoryHost()
  await state.put('ebt/@peer', new Uint8Array(50))
  const clock = await openClockMemory(state).load('@peer')
  assert.ok(clock.size <= 1)
})
