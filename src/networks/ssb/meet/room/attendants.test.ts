import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attend, type Attendance } from '#networks/ssb/meet/room/attendants.ts'

const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const changes = fc.oneof(
  fc.record({ type: fc.constant('state' as const), ids: fc.uniqueArray(ids) }),
  fc.record({ type: fc.constantFrom('joined' as const, 'left' as const), id: ids }),
)

test('whatever the order of changes, who came and who went explains who is present', () => {
  fc.assert(
    fc.property(fc.array(changes), (list) => {
      const [present, told] = [new Set<string>(), new Set<string>()]
      for (const change of list) {
        const { came, went } = attend(present, change)
        for (const id of came) {
          assert.ok(!told.has(id))
          told.add(id)
        }
        for (const id of went) assert.ok(told.delete(id))
        assert.deepEqual(present, told)
        if (change.type === 'state') assert.deepEqual(present, new Set(change.ids))
      }
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('a room cannot make us remember more than a thousand people', () => {
  const present = new Set<string>()
  const many: Attendance = { type: 'state', ids: Array.from({ length: 5_000 }, (_, i) => `p${i}`) }
  assert.equal(attend(present, many).came.length, 1_000)
  for (let i = 0; i < 100; i++) attend(present, { type: 'joined', id: `q${i}` })
  assert.equal(present.size, 1_000)
})
