import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRoomLink } from '#networks/ssb/meet/room/links.ts'

const room = '@51w4nYL0k7mRzDGw20KQqCjt35y8qLiBNtWk3MX7ppo=.ed25519'
const user = '@FlieaFef19uJ6jhHwv2CSkFrDLYKJd/SuIS71A5Y2as=.ed25519'
const address = 'net:scuttlebutt.eu:8008~shs:51w4nYL0k7mRzDGw20KQqCjt35y8qLiBNtWk3MX7ppo='
const signature =
  'yNDgrVOLm6sMUHdvnbFUQYgLkCGiOKrpP9KiBvlrzvmxTNt3d0MNTf+SLMIxgxf00S5fKAlG2/C5NTE0Zq1Mmg=='

function uri(fields: Record<string, string>): string {
  return `ssb:experimental?${new URLSearchParams(fields).toString()}`
}

test('the URI of an alias is read, in every spelling of its base64', () => {
  const fields = {
    action: 'consume-alias',
    alias: 'alice',
    userId: user,
    roomId: room,
    signature,
    multiserverAddress: address,
  }
  const expected = {
    action: 'consume-alias',
    alias: 'alice',
    user,
    room,
    address,
    signature: Buffer.from(signature, 'base64'),
  }
  assert.deepEqual(readRoomLink(uri(fields)), expected)
  assert.deepEqual(readRoomLink(uri(fields).replace('ssb:', 'ssb://')), expected)
  assert.deepEqual(
    readRoomLink(
      uri({ ...fields, signature: signature.replaceAll('+', '-').replaceAll('/', '_') }),
    ),
    expected,
  )
  assert.deepEqual(
    readRoomLink(uri({ ...fields, signature: `${signature}.sig.ed25519` })),
    expected,
  )
  const raw = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  assert.deepEqual(readRoomLink(`ssb:experimental?${raw.join('&')}`), expected)
})

test('an alias whose address leads to another room, or that is no domain label, is not read', () => {
  const fields = {
    action: 'consume-alias',
    alias: 'alice',
    userId: user,
    roomId: room,
    signature,
    multiserverAddress: address,
  }
  assert.equal(readRoomLink(uri({ ...fields, roomId: user })), undefined)
  for (const alias of ['', '-a', 'a-', 'a b', 'a.b', 'ä', 'x'.repeat(64)])
    assert.equal(readRoomLink(uri({ ...fields, alias })), undefined, alias)
  for (const name of Object.keys(fields)) {
    const { [name as keyof typeof fields]: _, ...rest } = fields
    assert.equal(readRoomLink(uri(rest)), undefined, name)
  }
})

test('the URI of a web invite is read when it posts to a safe place of that room', () => {
  const fields = {
    action: 'claim-http-invite',
    roomHost: 'scuttlebutt.eu',
    invite: '39c0ac1850ec9af14f1bb73',
    postTo: 'https://scuttlebutt.eu/claiminvite',
  }
  assert.deepEqual(readRoomLink(uri(fields)), {
    action: 'claim-http-invite',
    invite: fields.invite,
    postTo: fields.postTo,
  })
  assert.equal(
    readRoomLink(uri({ ...fields, postTo: 'https://elsewhere.example/claim' })),
    undefined,
  )
  assert.equal(
    readRoomLink(uri({ ...fields, postTo: 'http://scuttlebutt.eu/claiminvite' })),
    undefined,
  )
  assert.equal(readRoomLink(uri({ ...fields, postTo: 'file:///etc/passwd' })), undefined)
  assert.equal(
    readRoomLink(uri({ ...fields, postTo: 'https://user:word@scuttlebutt.eu/' })),
    undefined,
  )
})

test('the URI of a sign-in is read when its challenge has 256 bits and its address is that room', () => {
  const sc = Buffer.alloc(32, 255).toString('base64')
  const fields = { action: 'start-http-auth', sid: room, sc, multiserverAddress: address }
  assert.deepEqual(readRoomLink(uri(fields)), { action: 'start-http-auth', sid: room, sc, address })
  assert.equal(readRoomLink(uri({ ...fields, sc: 'short' })), undefined)
  assert.equal(readRoomLink(uri({ ...fields, sid: user })), undefined)
})

test('web pages are told apart, and only safe ones are taken', () => {
  assert.deepEqual(readRoomLink('https://room.example/join?invite=abc'), {
    action: 'open-invite',
    url: 'https://room.example/join?invite=abc',
  })
  assert.deepEqual(readRoomLink(' https://alice.room.example '), {
    action: 'open-alias',
    url: 'https://alice.room.example/',
  })
  assert.deepEqual(readRoomLink('alice.room.example'), {
    action: 'open-alias',
    url: 'https://alice.room.example/',
  })
  for (const text of [
    'http://alice.room.example',
    'ftp://x.y.z',
    'room.example',
    'hello',
    '',
    'ssb:message/sha256/x',
    'javascript:alert(1)',
  ]) {
    assert.equal(readRoomLink(text), undefined, text)
  }
})

test('any text is read without a throw', () => {
  const actions = fc.constantFrom('claim-http-invite', 'start-http-auth', 'consume-alias', 'x')
  const names = fc.constantFrom(
    'invite',
    'postTo',
    'sid',
    'sc',
    'alias',
    'userId',
    'roomId',
    'signature',
    'multiserverAddress',
  )
  const uris = fc
    .tuple(
      actions,
      fc.dictionary(names, fc.oneof(fc.string(), fc.constantFrom(room, address, signature))),
    )
    .map(([action, rest]) => uri({ action, ...rest }))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        uris,
        uris.map((text) => decodeURIComponent(text.replaceAll('%', '%25'))),
      ),
      (text) => void readRoomLink(text),
    ),
    { seed: 1, numRuns: 2_000 },
  )
})
