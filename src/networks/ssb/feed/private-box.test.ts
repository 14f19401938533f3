import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMessage } from '#networks/ssb/feed/create-message.ts'
import { ReaderCountError, ReaderKeyError, seal, unseal } from '#networks/ssb/feed/private-box.ts'
import { keysOf } from '#networks/ssb/identity.ts'

const people = Array.from({ length: 9 }, (_, index) => keysOf(Buffer.alloc(32, index + 1)))
const publicKeys = people.map((keys) => keys.publicKey)
const [first, second, third] = people as [
  (typeof people)[0],
  (typeof people)[0],
  (typeof people)[0],
]
const content = { type: 'post', text: 'for you – только' }

// Made with private-box 0.3.1 for nine readers, which is more than its own default reads.
const NINE_READERS =
  'Js3sfOz745Az5u06ey12b2JeKAVcjqaHFE9D3gt3y0gNGtygvuGj5AxuxTk1zWX4iESEvg1qMFMMaKauW1wEoQm5ZR' +
  'ti54EMHgja4InRZ86wYf9i+hPAhjI7PE5HeiodETyWg5gujC1d6cIfd8Y7HV2J45gj3kfxNTcfPlmYh4MNbHQszhpk' +
  'tBOc/5OWNe7x9WcD/QWFG4u/ih2RcxW2ZTdOXPsbxOQke6Ri7qfhA0ROJE2pM19bG8WAaH9WpcO9GmWB+9VPvvQ7OP' +
  'GTjwNlt0pdYtqj/SnvZYklNLs+LPcW9f31SIRLVPPtcU7NtHTIImGplIjxGj0EFa56HFFKvZoni2KcVq1fod43zoIb' +
  'BrKaT+ImehUlN9nqbWpM45cFWR9sJIIPjrc6lqFkpWMNNE9Dgx7nBR3ybBIv9FQ1w7/+M7krMxEmMLEgCkwTbFQXHS' +
  'qaje/H75Xu9mHCimMclMYswCGNquEfUaPYZQ20o9For7Fs06MR0oxXruBk9vRbaTPnO5ZkaIooZIhXHJGF0P0+dh1D' +
  'MjFn5VARaARtH1JU+OfyDgkNRoDEBdK9EaDaTHbU5n+isrbzeWvd5JbSPdgHYU85EYonlBMOZJVBUAHmIF/GkymtkY' +
  'x7EsUE64yOsUuImdjr6Y0VMaBoqQY2u5NmlYPtwrjb7lDjN2TuPnP+m+OnXjzddQmx5NVymNhVH9UajOq9GnlyoeLD' +
  'gKI=.box'

test('is read by each of up to seven readers and by nobody else', () => {
  for (let count = 1; count <= 7; count++) {
    const box = seal(content, publicKeys.slice(0, count))
    for (const [index, keys] of people.entries()) {
      assert.deepEqual(unseal(box, keys), index < count ? content : undefined)
    }
  }
})

test('is content that a message may have', () => {
  const { message } = createMessage(first, undefined, seal(content, publicKeys.slice(0, 2)), 1000)
  assert.equal(typeof message.content, 'string')
})

test('reads boxes for more readers than it writes to', () => {
  assert.deepEqual(unseal(NINE_READERS, first), { type: 'post', text: 'nine' })
  assert.deepEqual(unseal(NINE_READERS, people[8] ?? first), { type: 'post', text: 'nine' })
  assert.equal(unseal(NINE_READERS, keysOf(Buffer.alloc(32, 77))), undefined)
})

test('refuses nobody, more than seven readers and keys that are none', () => {
  assert.throws(() => seal(content, []), ReaderCountError)
  assert.throws(() => seal(content, publicKeys.slice(0, 8)), ReaderCountError)
  assert.throws(() => seal(content, [new Uint8Array(32)]), ReaderKeyError)
  assert.throws(() => seal(content, [new Uint8Array(31)]), ReaderKeyError)
})

test('does not give the same box twice', () => {
  assert.notEqual(seal(content, publicKeys.slice(0, 1)), seal(content, publicKeys.slice(0, 1)))
})

test('answers nothing for what is no box, and never throws', () => {
  const zeros = `${Buffer.alloc(200).toString('base64')}.box`
  for (const text of [
    '',
    '.box',
    'AAAA.box',
    zeros,
    'hello',
    `${seal(content, [first.publicKey])}2`,
  ]) {
    assert.equal(unseal(text, first), undefined)
  }
})

test('refuses a box that was changed anywhere but in the slots of others', () => {
  const good = Buffer.from(
    seal(content, [first.publicKey, second.publicKey]).slice(0, -4),
    'base64',
  )
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const bytes = Buffer.from(good)
      bytes[at] = (bytes[at] ?? 0) ^ mask
      // The top bit of a Curve25519 key means nothing.
      const harmless = (at >= 56 + 49 && at < 56 + 98) || (at === 55 && mask === 0x80)
      const opened = unseal(`${bytes.toString('base64')}.box`, first)
      assert.deepEqual(opened, harmless ? content : undefined)
    }),
    { seed: 2026, numRuns: 500 },
  )
})

test('reads whatever content it sealed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
      const box = seal({ type: 'post', text }, [second.publicKey])
      assert.deepEqual(unseal(box, second), JSON.parse(JSON.stringify({ type: 'post', text })))
      assert.equal(unseal(box, third), undefined)
    }),
    { seed: 2026, numRuns: 100 },
  )
})
