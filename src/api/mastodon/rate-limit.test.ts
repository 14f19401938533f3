import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowanceHeaders, rateLimits } from '#api/mastodon/rate-limit.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

test('requests are counted for everybody by themselves, told, and forgotten after five minutes', async () => {
  const clock = virtualClock()
  const allow = rateLimits(clock)
  for (let i = 1; i <= 300; i++) assert.equal(allow('door', 'all').exceeded, false)
  const beyond = allow('door', 'all')
  assert.deepEqual([beyond.exceeded, beyond.remaining], [true, 0])
  assert.equal(allow('token', '1').remaining, 29_999)
  assert.equal(allow('token', '2').remaining, 29_999)
  assert.equal(
    allowanceHeaders(beyond)['x-ratelimit-reset'],
    new Date(clock.now() + 300_000).toISOString(),
  )
  await clock.advance(300_000)
  assert.equal(allow('door', 'all').exceeded, false)
})
