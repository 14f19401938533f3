import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { BipfError, decodeBipf, encodeBipf, type BipfValue } from '#networks/ssb/archive/bipf.ts'

test('the examples of the format decode to their values', () => {
  const examples: readonly [hex: string, value: BipfValue][] = [
    ['06', null],
    ['0e01', true],
    ['0e00', false],
    ['0e02', undefined],
    ['2264000000', 100],
    ['2201000080', -2147483647],
    ['43000000000000f83f', 1.5],
    ['00', ''],
    ['286368696c64', 'child'],
    ['19010203', Uint8Array.of(1, 2, 3)],
    ['04', []],
    ['2c060e010e00', [null, true, false]],
    ['05', {}],
    ['3d08612201000000', { a: 1 }],
  ]
  for (const [hex, value] of examples) {
    const bytes = Buffer.from(hex, 'hex')
    assert.deepEqual(decodeBipf(bytes), value, hex)
    assert.equal(Buffer.compare(encodeBipf(value), bytes), 0, hex)
  }
})

test('every JSON value survives, with its keys in their order', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      const decoded = decodeBipf(encodeBipf(value as BipfValue))
      assert.equal(JSON.stringify(decoded), JSON.stringify(value))
    }),
    { seed: 6, numRuns: 500 },
  )
})

test('a key named __proto__ is a plain key', () => {
  const value = JSON.parse('{"__proto__":{"admin":true},"a":1}')
  const decoded = decodeBipf(encodeBipf(value))
  assert.equal(JSON.stringify(decoded), '{"__proto__":{"admin":true},"a":1}')
  assert.equal((decoded as { admin?: boolean }).admin, undefined)
})

test('wrong lengths, reserved types and trailing bytes are refused with their place', () => {
  const wrong = [
    '',
    '80',
    '8080808080',
    'ffffffffff',
    '07',
    '0f00',
    '1a000000',
    '3b00000000000000',
    '0e03',
    '160000',
    '10',
    '0600',
    '2c0806',
    '3d0e010e01',
    '0d0006',
    '1500000e',
    '0d08',
  ]
  for (const hex of wrong) {
    assert.throws(() => decodeBipf(Buffer.from(hex, 'hex')), BipfError, hex)
  }
})

test('nesting beyond the limit is refused, however deep, and allowed up to it', () => {
  const nest = (depth: number) => {
    let value: BipfValue = []
    for (let level = 0; level < depth; level++) value = [value]
    return value
  }
  assert.doesNotThrow(() => decodeBipf(encodeBipf(nest(128))))
  assert.throws(() => decodeBipf(encodeBipf(nest(129))), /nested/)
  assert.throws(() => decodeBipf(encodeBipf(nest(1000))), /nested/)
})

test('no bytes make the decoder do anything but answer or throw its own error', () => {
  const survives = (bytes: Uint8Array) => {
    try {
      decodeBipf(bytes)
    } catch (error) {
      assert.ok(error instanceof BipfError)
      assert.ok(error.offset >= 0 && error.offset <= bytes.length + 2 ** 32)
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { seed: 7, numRuns: 2000 })
  const flips = fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(fc.jsonValue(), flips, (value, places) => {
      const bytes = Uint8Array.from(encodeBipf(value as BipfValue))
      for (const [at, byte] of places) bytes[at % bytes.length] = byte
      survives(bytes)
    }),
    { seed: 8, numRuns: 2000 },
  )
})
