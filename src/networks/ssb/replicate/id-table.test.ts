import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { feedIdOf } from '#networks/ssb/refs.ts'
import { openFeedTable } from '#networks/ssb/replicate/feed-table.ts'
import { openIdTable } from '#networks/ssb/replicate/id-table.ts'

test('An id table answers like a map', () => {
  // Few different first words, so that slots collide.
  const key = fc.tuple(fc.nat(3), fc.nat(40)).map(([first, second]) => {
    const bytes = Buffer.alloc(32)
    bytes.writeUInt32LE(first * 256)
    bytes.writeUInt32LE(second, 20)
    return feedIdOf(bytes)
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.boolean()), { maxLength: 400 }), (steps) => {
      const table = openIdTable()
      const map = new Map<string, number>()
      for (const [id, add] of steps) {
        if (add && !map.has(id)) map.set(id, map.size)
        assert.equal(add ? table.add(id) : table.find(id), map.get(id) ?? -1)
      }
      assert.equal(table.size, map.size)
      for (const [id, number] of map) assert.equal(table.id(number), id)
    }),
    { seed: 3, numRuns: 200 },
  )
  assert.equal(openIdTable().find('@garbage'), -1)
  assert.equal(openIdTable().add('@garbage'), -1)
})

test('200,000 feeds take less than 130 bytes each', () => {
  const heads = Array.from({ length: 200_000 }, (_, at) => {
    const key = Buffer.alloc(32)
    key.writeUInt32LE(at * 7_919)
    const id = `%${key.toString('base64')}.sha256`
    return { feed: feedIdOf(key), id, sequence: at + 1, checked: at }
  })
  const before = memory()
  const table = openFeedTable(heads)
  const bytes = memory() - before
  assert.ok(bytes / heads.length < 130, `${bytes / heads.length} bytes a feed`)
  const last = table.ids.find(heads[199_999]?.feed ?? '')
  assert.deepEqual(table.tip(last), { id: heads[199_999]?.id, sequence: 200_000 })
  assert.equal(table.checked(last), 199_999)
})

/** Bytes that are in use once nothing is left to collect. */
function memory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}
