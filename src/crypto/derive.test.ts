import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'

import { deriveKey } from '#crypto/derive.ts'

test('a derived key is HKDF-SHA256 over the labelled info, without salt', () => {
  const secret = new Uint8Array(32).fill(7)
  // RFC 5869 by hand, for one block.
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  const expanded = createHmac('sha256', extracted).update('metalife/v1/blobs/name\x01').digest()
  assert.equal(Buffer.from(deriveKey(secret, 'blobs/name')).compare(expanded), 0)
  assert.equal(
    Buffer.from(deriveKey(secret, 'blobs/name', 16)).compare(expanded.subarray(0, 16)),
    0,
  )
})

test('labels part keys, and a label that could be mistaken is refused', () => {
  const secret = new Uint8Array(32).fill(7)
  assert.notDeepEqual(deriveKey(secret, 'a'), deriveKey(secret, 'b'))
  for (const label of ['', 'A', 'a/', '/a', 'a b', 'a\n']) {
    assert.throws(() => deriveKey(secret, label), RangeError)
  }
  assert.throws(() => deriveKey(secret.subarray(1), 'a'), RangeError)
})
