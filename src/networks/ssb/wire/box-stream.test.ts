import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoxOpener, BoxSealer, MAX_BOX } from '#networks/ssb/wire/box-stream.ts'

const KEY = { key: Buffer.alloc(32, 1), nonce: Buffer.alloc(24, 255) }

/** Cuts bytes at the given lengths, round and round. */
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    chunks.push(Uint8Array.from(bytes.subarray(at, at + length)))
    at += length
  }
  return chunks
}

function openAll(chunks: readonly Uint8Array[]): {
  readonly plain: Buffer
  readonly state: string
} {
  const opener = new BoxOpener(KEY)
  const pieces: Uint8Array[] = []
  let state = 'open'
  for (const chunk of chunks) {
    const opened = opener.push(chunk)
    pieces.push(...opened.pieces)
    state = opened.state
  }
  return { plain: Buffer.concat(pieces), state }
}

const writes = fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 5 })
const lengths = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 })

test('what is sealed opens to the same bytes however the chunks fall, and ends with the goodbye', () => {
  fc.assert(
    fc.property(writes, lengths, (parts, cuts) => {
      const sealer = new BoxSealer(KEY)
      const sealed = Buffer.concat([...parts.map((part) => sealer.seal(part)), sealer.goodbye()])
      const { plain, state } = openAll(cut(sealed, cuts))
      assert.deepEqual(plain, Buffer.concat(parts))
      assert.equal(state, 'ended')
    }),
    { seed: 1, numRuns: 60 },
  )
})

test('one flipped bit anywhere makes the rest unreadable, and nothing wrong is given out', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 9000 }),
      fc.nat(),
      lengths,
      (part, where, cuts) => {
        const sealed = Buffer.from(new BoxSealer(KEY).seal(part))
        const bit = where % (sealed.length * 8)
        sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const { plain, state } = openAll(cut(sealed, cuts))
        assert.equal(state, 'forged')
        assert.deepEqual(plain, Buffer.from(part.subarray(0, plain.length)))
      },
    ),
    { seed: 2, numRuns: 60 },
  )
})

test('garbage is forged and a truncated stream stays open', () => {
  assert.equal(openAll([Buffer.alloc(100, 3)]).state, 'forged')
  const sealed = new BoxSealer(KEY).seal(Buffer.alloc(5000))
  assert.equal(openAll([sealed.subarray(0, -1)]).state, 'open')
})

test('nothing is read after a goodbye or a forged box', () => {
  const sealer = new BoxSealer(KEY)
  const after = Buffer.concat([sealer.goodbye(), sealer.seal(Buffer.from('more'))])
  assert.deepEqual(openAll([after, after]), { plain: Buffer.alloc(0), state: 'ended' })
})

test('a long text takes the fewest boxes', () => {
  assert.equal(new BoxSealer(KEY).seal(Buffer.alloc(MAX_BOX * 2)).length, MAX_BOX * 2 + 2 * 34)
  assert.equal(new BoxSealer(KEY).seal(Buffer.alloc(MAX_BOX + 1)).length, MAX_BOX + 1 + 2 * 34)
  assert.equal(new BoxSealer(KEY).seal(Buffer.alloc(0)).length, 0)
})
