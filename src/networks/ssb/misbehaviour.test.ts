import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openMisbehaviour } from '#networks/ssb/misbehaviour.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

test('a peer that errs again and again is turned away for a while, then forgiven', async () => {
  const clock = virtualClock()
  const misbehaviour = openMisbehaviour(clock)
  const banned: string[] = []
  misbehaviour.onBanned = (peer) => void banned.push(peer)
  for (let time = 0; time < 20; time++) misbehaviour.count('@bad', 'forged')
  assert.deepEqual(banned, ['@bad'])
  assert.match(misbehaviour.reason('@bad') ?? '', /forged/)
  assert.equal(misbehaviour.reason('@good'), undefined)
  await clock.advance(11 * 60_000)
  assert.equal(misbehaviour.reason('@bad'), undefined)
})

test('a rare mistake is forgiven', async () => {
  const clock = virtualClock()
  const misbehaviour = openMisbehaviour(clock)
  for (let time = 0; time < 100; time++) {
    misbehaviour.count('@clumsy', 'garbage')
    await clock.advance(10_000)
  }
  assert.equal(misbehaviour.counters.turnedAway, 0)
})

test('many strangers do not fill the memory', () => {
  const misbehaviour = openMisbehaviour(virtualClock())
  for (let time = 0; time < 16; time++) misbehaviour.count('@first', 'x')
  for (let peer = 0; peer < 5_000; peer++) misbehaviour.count(`@${peer}`, 'x')
  assert.equal(misbehaviour.reason('@first'), undefined, 'the oldest row made room')
})
