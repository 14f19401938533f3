import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { END, FrameReader, STREAM, typeOf } from '#networks/ssb/wire/frame.ts'
import { frame } from '#networks/ssb/wire/test-rig.ts'

type Taken = { readonly flags: number; readonly number: number; readonly body: Buffer }

function readAll(
  bytes: Uint8Array,
  cuts: readonly number[],
  limit = 100_000,
): { frames: Taken[]; last: unknown } {
  const frames: Taken[] = []
  const reader = new FrameReader(limit, (flags, number, body) => {
    frames.push({ flags, number, body: Buffer.from(body) })
  })
  let last: unknown = 'open'
  for (let at = 0, i = 0; at < bytes.length && last === 'open'; i++) {
    const length = cuts[i % cuts.length] ?? 1
    last = reader.push(bytes.subarray(at, at + length))
    at += length
  }
  return { frames, last }
}

const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 })
const flags = fc.integer({ min: 0, max: 15 }).filter((value) => (value & 3) !== 3)
const number = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((value) => value !== 0)
const frames = fc.array(fc.record({ flags, number, body: fc.uint8Array({ maxLength: 5000 }) }), {
  maxLength: 8,
})

test('frames are read as they were written however the bytes fall, and end with the goodbye', () => {
  fc.assert(
    fc.property(frames, cuts, (list, lengths) => {
      const written = list.map((one) => frame(one.flags, one.number, one.body))
      const read = readAll(Buffer.concat([...written, Buffer.alloc(9)]), lengths)
      const wanted = list.map((one) => ({ ...one, body: Buffer.from(one.body) }))
      assert.deepEqual(read, { frames: wanted, last: 'goodbye' })
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('an empty chunk of a stream is told from a goodbye', () => {
  const { frames: read, last } = readAll(frame(STREAM, -5, ''), [9])
  assert.deepEqual(read, [{ flags: STREAM, number: -5, body: Buffer.alloc(0) }])
  assert.equal(last, 'open')
})

test('a body over the limit, the unused type and unknown flags end the reading', () => {
  for (const bytes of [frame(2, 1, Buffer.alloc(11)), frame(3, 1, 'x'), frame(END | 16, 1, 'x')]) {
    const { frames: read, last } = readAll(bytes, [1], 10)
    assert.equal(read.length, 0)
    assert.ok(typeof last === 'object')
  }
})

test('no bytes make the reader throw, and no body is longer than the limit', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, lengths) => {
      const { frames: read } = readAll(bytes, lengths, 50)
      assert.ok(read.every(({ body, flags: bits }) => body.length <= 50 && typeOf(bits)))
    }),
    { seed: 3, numRuns: 1000 },
  )
})
