import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clampTime, EPOCH, hashRef, rankOf, stampOf, timeOf } from '#store/stamp.ts'

const arrival = fc.integer({ min: EPOCH, max: Date.UTC(2075, 0, 1) })

test('a stamp is a safe integer whose millisecond can be read back, whatever time is claimed', () => {
  fc.assert(
    fc.property(fc.double(), arrival, fc.string(), (claimed, arrived, ref) => {
      const at = clampTime(claimed, arrived)
      const stamp = stampOf(at, hashRef(ref))
      assert.ok(Number.isSafeInteger(stamp) && stamp >= 0)
      assert.equal(timeOf(stamp), at)
      assert.ok(at <= arrived && at >= EPOCH)
    }),
    { seed: 1 },
  )
})

test('stamps sort by time first', () => {
  fc.assert(
    fc.property(
      arrival,
      fc.integer({ min: 1, max: 1e9 }),
      fc.string(),
      fc.string(),
      (at, more, a, b) => {
        assert.ok(stampOf(at, hashRef(a)) < stampOf(at + more, hashRef(b)))
      },
    ),
    { seed: 2 },
  )
})

test("somebody's own word outranks that of others, and their later record their earlier one", () => {
  fc.assert(
    fc.property(arrival, arrival, fc.integer({ min: 1, max: 1e9 }), (mine, theirs, sequence) => {
      const own = rankOf(stampOf(mine, 0), true, sequence)
      assert.ok(own > rankOf(stampOf(theirs, 0), false, null))
      assert.ok(rankOf(stampOf(theirs, 0), true, sequence + 1) > own)
      assert.ok(Number.isSafeInteger(rankOf(stampOf(theirs, 4095), true, null)))
    }),
    { seed: 3 },
  )
})
