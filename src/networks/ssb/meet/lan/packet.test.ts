import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keysOf } from '#networks/ssb/identity.ts'
import { addressText, netAddress } from '#networks/ssb/meet/address.ts'
import {
  openAnnouncement,
  plainAnnouncement,
  readPlainAnnouncement,
  sealAnnouncement,
} from '#networks/ssb/meet/lan/packet.ts'

const caps = Buffer.from('1KHLiKZvAvjbY1ziZEHMXawbCEIM6qwjCDm3VYRan/s=', 'base64')
const keys = keysOf(Buffer.alloc(32, 1))
const address = 'net:192.168.1.7:8008~shs:' + keys.id.slice(1, -8)

const hosts = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((host) => !host.includes('.')),
  fc.domain(),
)
const ports = fc.integer({ min: 1, max: 65_535 })
const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('what is sealed or written plainly is read back', () => {
  fc.assert(
    fc.property(hosts, ports, seeds, (host, port, seed) => {
      const own = keysOf(seed)
      const text = addressText(netAddress(host, port, own.id))
      const sealed = openAnnouncement(sealAnnouncement(text, own, caps), caps)
      const plain = readPlainAnnouncement(plainAnnouncement(text))
      const expected = {
        peer: own.id,
        addresses: [{ transport: 'net', parts: [host, String(port)], peer: own.id }],
      }
      assert.deepEqual(sealed, { ...expected, verified: true })
      assert.deepEqual(plain, { ...expected, verified: false })
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('the sealed form has the bytes of ssb-lan 1.2: 16 bytes of tag, the JSON, 64 of signature', () => {
  const packet = Buffer.from(sealAnnouncement(address, keys, caps))
  assert.equal(packet.length, 16 + JSON.stringify({ address }).length + 64)
  assert.deepEqual(openAnnouncement(packet, caps), {
    peer: keys.id,
    addresses: [netAddress('192.168.1.7', 8008, keys.id)],
    verified: true,
  })
  // Made once with ssb-keys 8.5 (secretBox and signObj) of the same seed and address.
  assert.equal(packet.toString('base64'), REFERENCE)
})

test('another network, a changed byte, another signer and a cut packet are refused', () => {
  const packet = sealAnnouncement(address, keys, caps)
  assert.deepEqual(openAnnouncement(packet, Buffer.alloc(32, 9)), { bad: 'sealed' })
  assert.deepEqual(
    openAnnouncement(sealAnnouncement(address, keysOf(Buffer.alloc(32, 2)), caps), caps),
    { bad: 'signature' },
  )
  fc.assert(
    fc.property(fc.nat(packet.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
      const changed = Uint8Array.from(packet)
      changed[index] = (changed[index] ?? 0) ^ flip
      assert.ok('bad' in openAnnouncement(changed, caps))
      assert.ok('bad' in openAnnouncement(packet.subarray(0, index), caps))
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('any bytes are read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      openAnnouncement(bytes, caps)
      readPlainAnnouncement(bytes)
    }),
    { seed: 1, numRuns: 2_000 },
  )
})

test('any text sealed by a peer is read without a throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constant(`${address};ws:x`)), (text) => {
      openAnnouncement(sealAnnouncement(text, keys, caps), caps)
      readPlainAnnouncement(Buffer.from(text))
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test('of several joined addresses those of the one peer that can be dialled on a LAN are taken', () => {
  const other = keysOf(Buffer.alloc(32, 2)).id.slice(1, -8)
  const own = keys.id.slice(1, -8)
  const text = `ws://10.0.0.7:8989~shs:${own};net:10.0.0.7:8008~shs:${own};net:10.0.0.8:8008~shs:${other}`
  assert.deepEqual(readPlainAnnouncement(Buffer.from(text)), {
    peer: keys.id,
    addresses: [netAddress('10.0.0.7', 8008, keys.id)],
    verified: false,
  })
})

test('an overlong packet is not looked at', () => {
  assert.deepEqual(readPlainAnnouncement(Buffer.alloc(5_000, 65)), { bad: 'size' })
  assert.deepEqual(openAnnouncement(Buffer.alloc(5_000, 65), caps), { bad: 'size' })
})

const REFERENCE =
  'bPv7X11eCJv4ZNKBIhh/5s8xNaN++EnhWJLH2I5H9nOv4bFzjk+3+pJIln/Zp3pX02o9Xcg3yJkvKHqhCTAWVosyXcxF42/ZWMCUZE1Y6UL8/d3pJrPPMr2e5T4YpUzVweJIH3xekz6O' +
  'kiSldVrmq0fJxilEDCbCjIv6sqZjfa657MXloCNk/j5ayop2ylKAMuobeWZtj//3xesS4XLFsAF6Cg=='
