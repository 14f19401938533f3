import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMessage } from '#networks/ssb/feed/create-message.ts'
import type { SignedMessage } from '#networks/ssb/feed/message.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import { validateAlone } from '#networks/ssb/feed/validate.ts'
import { keysOf } from '#networks/ssb/identity.ts'

const keys = keysOf(Buffer.alloc(32, 7))
const corpus = path.join(import.meta.dirname, 'fuzz-corpus')

test('takes the bytes as they are when they are compact JSON', () => {
  const { message } = made({ type: 'post', text: 'grüße 🌍 \ud800' })
  const parsed = parsedOf(message.bytes)
  assert.equal(parsed.message.bytes, message.bytes)
})

test('makes compact bytes of any other spelling, with the same id', () => {
  const { message } = made({ type: 'post', text: 'é 🌍', 7: 1e21, 2: -0, float: 0.1, small: 1e-7 })
  const compact = Buffer.from(message.bytes).toString()
  const spaced = JSON.stringify(JSON.parse(compact), null, '\t')
  const escaped = compact.replaceAll('é', '\\u00e9')
  for (const text of [spaced, escaped, compact.replace('1e+21', '1000000000000000000000')]) {
    const parsed = parsedOf(Buffer.from(text))
    assert.equal(parsed.message.id, message.id)
    assert.equal(Buffer.from(parsed.message.bytes).toString(), compact)
  }
})

test('puts integer keys first and keeps lone surrogates escaped', () => {
  const { message, signed } = made({ type: 'test', b: 1, 10: 'ten', 9: 'nine', text: '\udc00' })
  const text = Buffer.from(signed).toString()
  assert.ok(text.indexOf('"9"') < text.indexOf('"10"'))
  assert.ok(text.indexOf('"10"') < text.indexOf('"type"'))
  assert.ok(text.includes('"\\udc00"'))
  assert.ok('message' in validateAlone(message.bytes))
})

test('never keeps bytes that are not UTF-8', () => {
  const bytes = Buffer.from(made({ type: 'post', text: 'xyz' }).message.bytes)
  bytes.set([0xf0, 0x9f, 0x98], bytes.indexOf('xyz'))
  const parsed = parsedOf(bytes)
  assert.equal(Buffer.from(parsed.message.bytes).includes('\ufffd'), true)
  assert.deepEqual(validateAlone(bytes), { invalid: 'the signature does not fit' })
})

test('gives a swapped character the same id, which only the signature tells apart', () => {
  const { message } = made({ type: 'post', text: 'pay 10 to AB' })
  const forged = Buffer.from(Buffer.from(message.bytes).toString().replace('AB', '\u0141B'))
  assert.equal(parsedOf(forged).message.id, message.id)
  assert.deepEqual(validateAlone(forged), { invalid: 'the signature does not fit' })
})

test('refuses nesting that would make a huge canonical form', () => {
  const { message } = made({ type: 'test', x: 'HERE' })
  const text = Buffer.from(message.bytes).toString()
  for (const depth of [65, 4000, 30_000]) {
    const nested = text.replace('"HERE"', '['.repeat(depth) + ']'.repeat(depth))
    assert.ok('invalid' in parseMessage(Buffer.from(nested)))
  }
})

test('refuses every message of the fuzz corpus without throwing', () => {
  const names = readdirSync(corpus)
  assert.ok(names.length > 0)
  for (const name of names) {
    for (const text of JSON.parse(readFileSync(path.join(corpus, name), 'utf8')) as string[]) {
      assert.ok('invalid' in parseMessage(Buffer.from(text, 'latin1')), `${name}: ${text}`)
    }
  }
})

test('never throws, whatever the bytes', () => {
  const { message } = made({ type: 'post', text: 'hello', list: [1, 'a', null] })
  const damage = fc.array(fc.tuple(fc.nat(message.bytes.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(damage, (changes) => {
      const bytes = Buffer.from(message.bytes)
      for (const [place, byte] of changes) bytes[place] = byte
      const checked = validateAlone(bytes)
      // Another spelling of the same value is the only thing that may still be good.
      if ('message' in checked) assert.equal(checked.message.id, message.id)
    }),
    { seed: 2026, numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.ok('invalid' in parseMessage(bytes))
    }),
    { seed: 2026, numRuns: 1000 },
  )
})

function made(content: Parameters<typeof createMessage>[2]): SignedMessage {
  return createMessage(keys, undefined, content, 1_700_000_000_000)
}

function parsedOf(bytes: Uint8Array): SignedMessage {
  const parsed = parseMessage(bytes)
  assert.ok('message' in parsed, 'invalid' in parsed ? parsed.invalid : '')
  return parsed
}
