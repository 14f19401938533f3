import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { feedIdOf } from '#networks/ssb/refs.ts'
import {
  decodeClock,
  decodeNote,
  encodeClock,
  encodeNote,
  isMessage,
  type Note,
} from '#networks/ssb/replicate/ebt/note.ts'

const feed = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(feedIdOf)
const note: fc.Arbitrary<Note> = fc.oneof(
  fc.constant({ sequence: -1, receive: false }),
  fc.tuple(fc.nat(2 ** 30 - 1), fc.boolean()).map(([sequence, receive]) => ({ sequence, receive })),
)

test('A note is its sequence shifted once, odd when nothing is to be sent', () => {
  assert.equal(encodeNote({ sequence: 450, receive: true }), 900)
  assert.equal(encodeNote({ sequence: 450, receive: false }), 901)
  assert.equal(encodeNote({ sequence: -1, receive: false }), -1)
  for (const value of [-2, 0.5, 2 ** 31, NaN, null, '4', [], {}, true]) {
    assert.equal(decodeNote(value), undefined)
  }
})

test('What is encoded is decoded', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(feed, note), { maxLength: 50 }), (entries) => {
      const notes = new Map(entries)
      const decoded = encodeClock(notes).map(({ bytes }) => decodeClock(bytes))
      assert.deepEqual(new Map(decoded.flatMap((clock) => [...(clock?.notes ?? [])])), notes)
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('A big clock goes in parts, none of them too long for a peer', () => {
  const notes = new Map<string, Note>()
  for (let at = 0; at < 20_000; at++) {
    const key = Buffer.alloc(32)
    key.writeUInt32LE(at)
    notes.set(feedIdOf(key), { sequence: at, receive: true })
  }
  const bodies = encodeClock(notes)
  assert.equal(bodies.length, 5)
  assert.ok(bodies.every(({ bytes }) => bytes.length < 512 * 1024))
  assert.equal(encodeClock([]).length, 1)
})

test('Whatever the bytes are, decoding a clock ends with notes that make sense or with nothing', () => {
  const feeds = fc.oneof(
    feed,
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'clock', ''),
  )
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.dictionary(feeds, fc.jsonValue()).map((value) => Buffer.from(JSON.stringify(value))),
    fc.dictionary(feeds, fc.double()).map((value) => Buffer.from(JSON.stringify({ clock: value }))),
  )
  fc.assert(
    fc.property(bytes, (input) => {
      const clock = decodeClock(input)
      isMessage({ type: 'json', bytes: input })
      for (const { sequence } of clock?.notes.values() ?? []) {
        assert.ok(Number.isInteger(sequence) && sequence >= -1 && sequence < 2 ** 30)
      }
    }),
    { seed: 2, numRuns: 1_000 },
  )
})

test('A clock inside an object, keys that are no feeds, and bad values are told apart', () => {
  const id = feedIdOf(Buffer.alloc(32, 3))
  const other = feedIdOf(Buffer.alloc(32, 4))
  const clock = { [id]: 6, [other]: 1.5, garbage: 3 }
  for (const value of [clock, { clock }]) {
    const decoded = decodeClock(Buffer.from(JSON.stringify(value)))
    assert.deepEqual([...(decoded?.notes ?? [])], [[id, { sequence: 3, receive: true }]])
    assert.equal(decoded?.bad, 1)
  }
})
