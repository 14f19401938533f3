import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { virtualClock } from '#rig/virtual-clock.ts'
import type { Deed } from '#model/deed.ts'
import type { Tie } from '#network/host.ts'
import { feedIdOf, ssbRef } from '#networks/ssb/refs.ts'
import { openGraph, type GraphChange, type GraphOptions } from '#networks/ssb/replicate/graph.ts'

function id(number: number): string {
  const key = Buffer.alloc(32)
  key.writeUInt32LE((number * 2_654_435_761) % 2 ** 32)
  key.writeUInt32LE(number, 4)
  return feedIdOf(key)
}
const tie = (from: number, to: number, kind: Tie['kind'] = 'follow'): Tie => ({
  from: id(from),
  to: id(to),
  kind,
})
function deed(from: number, to: number, kind: 'follow' | 'block', on = true): Deed {
  return { kind, ref: ssbRef('%x'), actor: ssbRef(id(from)), whom: ssbRef(id(to)), at: 0, on }
}
function setUp(ties: readonly Tie[], options: Partial<GraphOptions> = {}) {
  const clock = virtualClock()
  const graph = openGraph({ ties, roots: [id(0)], hops: 2, maxFeeds: 1_000, clock, ...options })
  const changes: Pick<GraphChange, 'started' | 'stopped'>[] = []
  graph.onChange(({ started, stopped }) => changes.push({ started, stopped }))
  return { graph, clock, changes }
}
const line = [tie(0, 1), tie(1, 2), tie(2, 3)]

test('Feeds are replicated as far as the hops setting says', () => {
  for (const [hops, wanted] of [
    [0, [0]],
    [1, [0, 1]],
    [2, [0, 1, 2]],
    [3, [0, 1, 2, 3]],
  ] as const) {
    const { graph } = setUp(line, { hops })
    assert.deepEqual([...graph.wanted()].sort(), wanted.map(id).sort())
    assert.equal(graph.hops(id(1)), hops > 0 ? 1 : undefined)
  }
})

test('A blocked feed is not replicated, and what only it follows is not either', () => {
  const { graph } = setUp([...line, tie(0, 1, 'block')])
  assert.deepEqual([...graph.wanted()], [id(0)])
  assert.ok(graph.isBlocked(id(1)))
})

test('Somebody else’s block does not keep a feed from me that I follow', () => {
  const { graph } = setUp([...line, tie(0, 2), tie(1, 2, 'block')])
  assert.ok(graph.wants(id(2)))
  assert.ok(graph.blocks(id(1), id(2)))
})

test('A new follow starts what it brings into reach, at once', () => {
  const { graph, changes } = setUp([tie(0, 1), tie(2, 3), tie(2, 4)])
  graph.take([deed(1, 2, 'follow')])
  assert.deepEqual(changes, [{ started: [id(2)], stopped: [] }])
  graph.take([deed(0, 2, 'follow')])
  assert.deepEqual(changes[1], { started: [id(3), id(4)], stopped: [] })
})

test('An own unfollow and an own block stop at once, those of others soon', async () => {
  const { graph, changes, clock } = setUp([tie(0, 1), tie(1, 2), tie(0, 3)])
  graph.take([deed(0, 3, 'block')])
  assert.deepEqual(changes, [{ started: [], stopped: [id(3)] }])
  graph.take([deed(1, 2, 'follow', false)])
  assert.ok(graph.wants(id(2)))
  await clock.advance(1_000)
  assert.deepEqual(changes[1], { started: [], stopped: [id(2)] })
  graph.take([deed(0, 3, 'block', false)])
  assert.deepEqual(changes[2], { started: [id(3)], stopped: [] })
})

test('A follow and a block in one batch end blocked', () => {
  const { graph, changes } = setUp([])
  graph.take([deed(0, 1, 'follow'), deed(0, 1, 'block')])
  assert.ok(!graph.wants(id(1)))
  assert.deepEqual(
    changes.flatMap(({ started }) => started),
    [],
  )
})

test('A requested feed is replicated although nobody follows it, unless it is blocked', () => {
  const { graph, changes } = setUp([])
  graph.request(id(9), true)
  assert.ok(graph.wants(id(9)))
  graph.take([deed(0, 9, 'block')])
  assert.ok(!graph.wants(id(9)))
  assert.deepEqual(changes, [
    { started: [id(9)], stopped: [] },
    { started: [], stopped: [id(9)] },
  ])
})

test('The nearest feeds come first where there are more than the limit', () => {
  const { graph } = setUp([tie(0, 1), tie(1, 2), tie(0, 3), tie(3, 4)], { maxFeeds: 4 })
  assert.deepEqual(
    [0, 1, 2, 3, 4].filter((node) => graph.wants(id(node))),
    [0, 1, 2, 3],
  )
  graph.take([deed(0, 5, 'follow')])
  assert.equal(graph.size, 4)
})

test('What is no feed id changes nothing', () => {
  const { graph } = setUp([])
  graph.take([{ ...deed(0, 1, 'follow'), whom: ssbRef('garbage') } as Deed])
  graph.request('garbage', true)
  assert.equal(graph.size, 1)
  assert.ok(!graph.wants('garbage'))
})

test('Changes one by one end where the ties as a whole end', async () => {
  const change = fc.tuple(fc.nat(7), fc.nat(7), fc.constantFrom('follow', 'block'), fc.boolean())
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 60 }), fc.nat(3), async (steps, hops) => {
      const { graph, clock, changes } = setUp([], { hops })
      const ties = new Map<string, Tie>()
      for (const [from, to, kind, on] of steps) {
        graph.take([deed(from, to, kind as 'follow', on)])
        if (on) ties.set(`${from} ${to} ${kind}`, tie(from, to, kind as 'follow'))
        else ties.delete(`${from} ${to} ${kind}`)
      }
      await clock.advance(1_000)
      const whole = setUp([...ties.values()], { hops }).graph
      assert.deepEqual([...graph.wanted()].sort(), [...whole.wanted()].sort())
      const told = new Set([id(0)])
      for (const { started, stopped } of changes) {
        for (const feed of started) told.add(feed)
        for (const feed of stopped) told.delete(feed)
      }
      assert.deepEqual([...told].sort(), [...graph.wanted()].sort())
    }),
    { seed: 7, numRuns: 300 },
  )
})

test('100,000 edges are computed anew within 50 ms', () => {
  const ties = Array.from({ length: 100_000 }, (_, edge) =>
    tie(edge % 1_000, (edge * 7_919) % 20_000),
  )
  const { graph } = setUp(ties, { hops: 3, maxFeeds: 50_000 })
  const from = performance.now()
  graph.setHops(2)
  const took = performance.now() - from
  assert.ok(took < 50, `${took} ms`)
})
