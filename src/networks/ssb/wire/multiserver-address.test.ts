import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatAddress,
  formatAddresses,
  parseAddresses,
  type MultiserverAddress,
} from '#networks/ssb/wire/multiserver-address.ts'

const KEY = Buffer.alloc(32, 9).toString('base64')
const PEER = `@${KEY}.ed25519`
const SEED = Buffer.alloc(32, 3)

function parsed(text: string): readonly MultiserverAddress[] {
  const result = parseAddresses(text)
  assert.ok(!('invalid' in result), JSON.stringify(result))
  return result
}

test('a net address gives host, port and peer', () => {
  assert.deepEqual(parsed(`net:example.org:8008~shs:${KEY}`), [
    { transport: 'net', parts: ['example.org', '8008'], peer: PEER },
  ])
})

test('IPv6 hosts are read bare, in brackets and escaped, and written bare', () => {
  for (const host of ['fe80::1', '[fe80::1]', 'fe80!:!:1']) {
    const [address] = parsed(`net:${host}:8008~shs:${KEY}`)
    assert.deepEqual(address?.parts, ['fe80::1', '8008'])
    assert.equal(address && formatAddress(address), `net:fe80::1:8008~shs:${KEY}`)
  }
})

test('several addresses are read from one text, those without a shs transform left out', () => {
  const text = `net:a:1~shs:${KEY};ws://b:2/x~shs:${KEY};net:c:3~noauth;tunnel:@r.ed25519:@t.ed25519~shs:${KEY}`
  assert.deepEqual(
    parsed(text).map(({ transport, parts }) => [transport, ...parts]),
    [
      ['net', 'a', '1'],
      ['ws', '//b:2/x'],
      ['tunnel', '@r.ed25519', '@t.ed25519'],
    ],
  )
})

test('the seed of an invite is read and written', () => {
  const [address] = parsed(`net:a:1~shs:${KEY}:${SEED.toString('base64')}`)
  assert.deepEqual(address?.seed, SEED)
  assert.equal(address && formatAddress(address), `net:a:1~shs:${KEY}:${SEED.toString('base64')}`)
})

test('the legacy form host:port:@key is read', () => {
  assert.deepEqual(parsed(`example.org:8008:${PEER}`), parsed(`net:example.org:8008~shs:${KEY}`))
  assert.deepEqual(parsed(`fe80::1:8008:${PEER}`), parsed(`net:fe80::1:8008~shs:${KEY}`))
})

test('malformed addresses are answered with a sentence', () => {
  const texts = [
    '',
    'net',
    'net:host:8008',
    `net:host~shs:${KEY}`,
    `net:host:0~shs:${KEY}`,
    `net:host:99999~shs:${KEY}`,
    'net:host:1~shs:short',
    `net:host:1~shs:${KEY.slice(0, -2)}==`,
    `net:host:1~shs:${KEY}:notaseed`,
    `net:ho st:1~shs:${KEY}`,
    `NET:host:1~shs:${KEY}`,
    `net:host:1~noauth`,
    `net:a:1~shs:${KEY};`,
    'x'.repeat(5000),
    `net:a:1~shs:${KEY};`.repeat(50),
  ]
  for (const text of texts) assert.ok('invalid' in parseAddresses(text), text.slice(0, 80))
})

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const data = fc.stringMatching(/^[!-~]{1,20}$/)
const peer = bytes32.map((key) => `@${Buffer.from(key).toString('base64')}.ed25519`)
const port = fc.integer({ min: 1, max: 65_535 }).map(String)
const parts = fc.oneof(
  fc.record({
    transport: fc.constantFrom('net', 'onion'),
    parts: fc.tuple(fc.stringMatching(/^[!-Z^-~]{1,20}$/), port),
  }),
  fc.record({
    transport: fc.constantFrom('tunnel', 'dht', 'bt'),
    parts: fc.array(data, { minLength: 1 }),
  }),
  fc.record({ transport: fc.constantFrom('ws', 'wss'), parts: data.map((text) => [`//${text}`]) }),
)
const address: fc.Arbitrary<MultiserverAddress> = fc
  .tuple(
    parts,
    peer,
    fc.option(
      bytes32.map((seed) => Buffer.from(seed)),
      { nil: undefined },
    ),
  )
  .map(([where, id, seed]) => ({ ...where, peer: id, ...(seed && { seed }) }))

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.array(address, { minLength: 1, maxLength: 4 }), (list) => {
      assert.deepEqual(parsed(formatAddresses(list)), list)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('no text makes the reader throw', () => {
  const unit = fc.constantFrom(
    'net',
    'ws',
    ':',
    '~',
    ';',
    '!',
    'shs',
    KEY,
    '@',
    '.ed25519',
    '1',
    '[',
    ' ',
    '\u0000',
    'é',
  )
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 30 }), (units) => {
      const result = parseAddresses(units.join(''))
      assert.ok('invalid' in result || result.length > 0)
    }),
    { seed: 2, numRuns: 2000 },
  )
})
