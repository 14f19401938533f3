import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '#base/json.ts'
import {
  createMessage,
  MessageTooLongError,
  WrongContentError,
} from '#networks/ssb/feed/create-message.ts'
import { linksTo, stateAfter } from '#networks/ssb/feed/links.ts'
import { validateAlone, validateOne } from '#networks/ssb/feed/validate.ts'
import { keysOf } from '#networks/ssb/identity.ts'

const keys = keysOf(Buffer.alloc(32, 7))
const hmacKey = Buffer.alloc(32, 9)

test('makes the first message of a feed and the ones after it', () => {
  const first = createMessage(keys, undefined, { type: 'post', text: 'one' }, 1000)
  const second = createMessage(keys, stateAfter(first), { type: 'post', text: 'two' }, 2000)
  assert.equal(first.message.previous, null)
  assert.equal(second.message.previous, first.message.id)
  assert.equal(second.message.sequence, 2)
  assert.deepEqual(validateOne(first.message.bytes, undefined), first)
  assert.deepEqual(validateOne(second.message.bytes, stateAfter(first)), second)
})

test('never lets the timestamp stand still or go back', () => {
  for (const before of [5000, 1e300, Number.MAX_SAFE_INTEGER, -3.5, 0.25]) {
    const state = { id: `%${'A'.repeat(43)}=.sha256`, sequence: 1, timestamp: before }
    const { message } = createMessage(keys, state, { type: 'post' }, -10)
    assert.ok(message.timestamp > before, `${message.timestamp} > ${before}`)
  }
})

test('takes the timestamp as it is when the one before is not known', () => {
  const state = { id: `%${'A'.repeat(43)}=.sha256`, sequence: 1 }
  assert.equal(createMessage(keys, state, { type: 'post' }, 12.5).message.timestamp, 12.5)
})

test('takes exactly 8192 units and says how many are too many', () => {
  const empty = createMessage(keys, undefined, { type: 'post', text: '' }, 1000)
  const room = 8192 - JSON.stringify(JSON.parse(asText(empty.message.bytes)), null, 2).length
  const text = 'ä€'.repeat(room).slice(0, room)
  const fits = createMessage(keys, undefined, { type: 'post', text }, 1000)
  assert.deepEqual(validateAlone(fits.message.bytes), fits)
  assert.throws(
    () => createMessage(keys, undefined, { type: 'post', text: `${text}aaa` }, 1000),
    (error) => error instanceof MessageTooLongError && error.over === 3,
  )
})

test('refuses content that no peer would take', () => {
  for (const content of ['plain text', { type: 'ab' }, { type: 'x'.repeat(53) }, 'aab.box']) {
    assert.throws(() => createMessage(keys, undefined, content, 1000), WrongContentError)
  }
  assert.throws(
    () => createMessage(keys, undefined, { type: 'post' }, Number.NaN),
    WrongContentError,
  )
})

test('signs with the key of a network that has one', () => {
  const made = createMessage(keys, undefined, { type: 'post' }, 1000, { hmacKey })
  assert.deepEqual(validateOne(made.message.bytes, undefined, { hmacKey }), made)
  assert.deepEqual(validateOne(made.message.bytes, undefined), {
    invalid: 'the signature does not fit',
  })
})

test('reads back whatever JSON it was given', () => {
  const json = fc.jsonValue({ maxDepth: 4, noUnicodeString: false }) as fc.Arbitrary<Json>
  const content = fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), json, { maxKeys: 6 })
  fc.assert(
    fc.property(content, fc.double({ noNaN: true, noDefaultInfinity: true }), (fields, at) => {
      const object = { ...fields, type: 'test' }
      let made
      try {
        made = createMessage(keys, undefined, object, at)
      } catch (error) {
        assert.ok(error instanceof MessageTooLongError)
        return
      }
      assert.deepEqual(made.message.content, JSON.parse(JSON.stringify(object)))
      assert.deepEqual(validateOne(made.message.bytes, undefined), made)
    }),
    { seed: 2026, numRuns: 300 },
  )
})

test('refuses a fork, a gap and a message of another place', () => {
  const first = createMessage(keys, undefined, { type: 'post', text: 'one' }, 1000)
  const fork = createMessage(keys, undefined, { type: 'post', text: 'uno' }, 1000)
  const second = createMessage(keys, stateAfter(first), { type: 'post' }, 2000)
  const third = createMessage(keys, stateAfter(second), { type: 'post' }, 3000)
  assert.equal(linksTo(second.message, stateAfter(first)), undefined)
  assert.deepEqual(linksTo(second.message, stateAfter(fork)), {
    invalid: 'the message before sequence 2 is another: the feed is forked',
  })
  assert.deepEqual(linksTo(third.message, stateAfter(first)), {
    invalid: 'expected sequence 2, not 3',
  })
  assert.deepEqual(linksTo(fork.message, stateAfter(first)), {
    invalid: 'expected sequence 2, not 1',
  })
  assert.deepEqual(linksTo(second.message, undefined), { invalid: 'expected sequence 1, not 2' })
})

function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
