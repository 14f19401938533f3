import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  blobIdOf,
  bytesOf,
  display,
  feedIdOf,
  idIn,
  isBlobId,
  isFeedId,
  isMessageId,
  messageIdOf,
  recognise,
  ssbRef,
  uriOf,
} from '#networks/ssb/refs.ts'
import { keysOf } from '#networks/ssb/identity.ts'

const key = '+oaWWDs8g73EZFUMfW37R/ULtFEjwKN/DczvdYihjbU='
const safe = '-oaWWDs8g73EZFUMfW37R_ULtFEjwKN_DczvdYihjbU='

test('makes the keys of a seed as other programs do', () => {
  const { id, publicKey, secretKey } = keysOf(Buffer.alloc(32, 1))
  assert.equal(id, '@iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=.ed25519')
  assert.equal(publicKey.length, 32)
  assert.deepEqual(secretKey.subarray(32), publicKey)
  assert.throws(() => keysOf(Buffer.alloc(31)), RangeError)
})

test('knows ids only in their canonical form', () => {
  assert.ok(isFeedId(`@${key}.ed25519`))
  assert.ok(isMessageId(`%${key}.sha256`))
  assert.ok(isBlobId(`&${key}.sha256`))
  for (const wrong of [
    `@${key}.sha256`,
    `@${key}.ed25519\n`,
    `@${key.replace('bU=', 'bV=')}.ed25519`,
  ]) {
    assert.ok(!isFeedId(wrong), wrong)
  }
  assert.ok(!isMessageId(`%${safe}.sha256`))
  assert.ok(!isBlobId(7))
})

test('turns bytes into ids, ids into URIs and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      for (const id of [feedIdOf(bytes), messageIdOf(bytes), blobIdOf(bytes)]) {
        assert.deepEqual(Uint8Array.from(bytesOf(id)), bytes)
        const uri = uriOf(id)
        assert.ok(uri !== undefined)
        assert.equal(idIn(uri), id)
        assert.equal(idIn(encodeURIComponent(id)), id)
      }
    }),
    { seed: 2026, numRuns: 200 },
  )
})

test('recognises every way people write people, posts and blobs', () => {
  const feed = `@${key}.ed25519`
  const message = `%${key}.sha256`
  const blob = `&${key}.sha256`
  const ways: [string, string, string][] = [
    [feed, 'person', feed],
    [`  ${feed}\n`, 'person', feed],
    [`@${safe}.ed25519`, 'person', feed],
    [`ssb:feed/ed25519/${safe}`, 'person', feed],
    [`ssb:feed/classic/${safe}`, 'person', feed],
    [`ssb://feed/ed25519/${safe.slice(0, 43)}`, 'person', feed],
    [`ssb:${feed}`, 'person', feed],
    [message, 'post', message],
    [`ssb:message/sha256/${safe}`, 'post', message],
    [`ssb:message:sha256:${safe}`, 'post', message],
    [`ssb://message/classic/${safe}`, 'post', message],
    [encodeURIComponent(message), 'post', message],
    [blob, 'blob', blob],
    [`${blob}?unbox=abc`, 'blob', blob],
    [`ssb:blob/sha256/${safe}?unbox=abc`, 'blob', blob],
  ]
  for (const [text, what, id] of ways) {
    assert.deepEqual(recognise(text), { ref: ssbRef(id), what }, text)
  }
})

test('takes an id as it is when its base64 looks like an encoded sigil', () => {
  for (const start of ['25', '26', '40']) {
    const id = `%${start}${key.slice(2)}.sha256`
    assert.equal(idIn(id), id)
    assert.equal(idIn(encodeURIComponent(id)), id)
  }
})

test('recognises invites and addresses', () => {
  const invites = [
    `pub.example.org:8008:@${key}.ed25519~${key}`,
    `net:pub.example.org:8008~shs:${key}:${key}`,
    'https://room.example.org/join?invite=39c0ac1850ec9af14f1bb73',
    'ssb:experimental?action=claim-http-invite&invite=39c0&postTo=https%3A%2F%2Froom.example.org',
  ]
  const addresses = [
    `net:pub.example.org:8008~shs:${key}`,
    `net:[::1]:8008~shs:${key};wss://pub.example.org~shs:${key}`,
    `tunnel:@${key}.ed25519:@${key}.ed25519~shs:${key}`,
    `pub.example.org:8008:@${key}.ed25519`,
    `ssb:address/multiserver/${encodeURIComponent(`net:pub.example.org:8008~shs:${key}`)}`,
    'https://room.example.org/alias/alice',
    'ssb:experimental?action=start-http-auth&sid=1&sc=2&multiserverAddress=3',
    'ssb:experimental?roomId=1&action=consume-alias',
  ]
  for (const text of invites) assert.equal(recognise(text)?.what, 'invite', text)
  for (const text of addresses) assert.equal(recognise(text)?.what, 'address', text)
})

test('recognises nothing in anything else', () => {
  const others = [
    '',
    'alice',
    '@alice@example.org',
    '#scuttlebutt',
    'https://example.org/join',
    'https://example.org/@alice',
    `ssb:feed/bendybutt-v1/${safe}`,
    `ssb:feed/sha256/${safe}`,
    `%${key}.ed25519`,
    'ssb:experimental?action=something-else',
    '%25%',
    'x'.repeat(3000),
  ]
  for (const text of others) assert.equal(recognise(text), undefined, text)
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (text) => {
      recognise(text)
    }),
    { seed: 2026 },
  )
})

test('shows an id with its URI', () => {
  assert.deepEqual(display(ssbRef(`%${key}.sha256`)), {
    handle: `%${key}.sha256`,
    url: `ssb:message/sha256/${safe}`,
  })
  assert.deepEqual(display(ssbRef('net:x')), { handle: 'net:x' })
})
