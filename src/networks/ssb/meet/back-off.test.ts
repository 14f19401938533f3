import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultBackOff, drawWait } from '#networks/ssb/meet/back-off.ts'

test('every wait lies between the floor and the bound, which doubles up to one hour', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, dice) => {
        const wait = drawWait(failures, () => dice)
        assert.ok(wait >= defaultBackOff.least)
        assert.ok(wait <= Math.min(3_600_000, 5_000 * 2 ** Math.min(30, failures - 1)))
      },
    ),
    { seed: 1 },
  )
  assert.equal(
    drawWait(1, () => 0.999_999),
    5_000,
  )
  assert.equal(
    drawWait(40, () => 0.999_999_999),
    3_600_000,
  )
})
