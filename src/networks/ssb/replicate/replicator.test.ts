import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, contact, feedOf, posts } from '#networks/ssb/replicate/test-feeds.ts'
import { connect, testNode } from '#networks/ssb/replicate/test-node.ts'

const within = { timeout: 20_000 }
const follow = (whom: string) => contact(whom, { following: true })

test('Two nodes that follow each other have each other’s 1,000 messages', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  for (const message of feedOf(a.keys, [follow(b.keys.id), ...posts(999)])) {
    await a.intake.offer(bodyOf(message), 'import')
  }
  for (const message of feedOf(b.keys, [follow(a.keys.id), ...posts(999)])) {
    await b.intake.offer(bodyOf(message), 'import')
  }
  await Promise.all([a.intake.settled(), b.intake.settled()])
  await connect(a, b)
  await Promise.all([a.has(b.keys.id, 1_000), b.has(a.keys.id, 1_000)])
  assert.deepEqual(a.misbehaved, [])
  assert.deepEqual(
    await a.host.records.range(b.keys.id, 1, 1_000),
    await b.host.records.range(b.keys.id, 1, 1_000),
  )
  const { have, total } = a.replicator.status()
  assert.deepEqual([have, total], [2_000, 2_000])
})

test('A new message is pushed to a connected peer', within, async () => {
  await using a = await testNode(1)
  await using b = await testNode(2)
  await a.publish(follow(b.keys.id), ...posts(1))
  await b.publish(follow(a.keys.id))
  await connect(a, b)
  await Promise.all([a.has(b.keys.id, 1), b.has(a.keys.id, 2)])
  for (let sequence = 3; sequence < 6; sequence++) {
    await a.publish(...posts(1))
    await b.has(a.keys.id, sequence)
  }
})
