import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'

import fc from 'fast-check'

import {
  seedOfWords,
  UnknownWordError,
  WordChecksumError,
  WordCountError,
  wordsOfSeed,
} from '#crypto/words.ts'

// The 256-bit vectors of BIP-39 (trezor/python-mnemonic, vectors.json).
const vectors = [
  ['00'.repeat(32), `${'abandon '.repeat(23)}art`],
  ['ff'.repeat(32), `${'zoo '.repeat(23)}vote`],
  [
    '68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c',
    'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length',
  ],
] as const

test('the words of a seed are those of BIP-39 and give the seed back', () => {
  for (const [hex, words] of vectors) {
    assert.equal(wordsOfSeed(Buffer.from(hex, 'hex')), words)
    assert.equal(Buffer.from(seedOfWords(words)).toString('hex'), hex)
  }
})

test('every seed survives being written down', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
      assert.deepEqual(new Uint8Array(seedOfWords(wordsOfSeed(seed))), seed)
    }),
    { seed: 1, numRuns: 50 },
  )
})

test('numbering, capitals, commas and line breaks do not matter', () => {
  const [hex, words] = vectors[2]
  const written = words
    .split(' ')
    .map((word, index) => `${index + 1}. ${word.toUpperCase()},\r\n`)
    .join('\t')
  assert.equal(Buffer.from(seedOfWords(written)).toString('hex'), hex)
})

test('a wrong number of words is told as such', () => {
  assert.throws(
    () => seedOfWords('zoo zoo'),
    (error) => {
      assert.ok(error instanceof WordCountError)
      assert.match(error.message, /24 words, but 2/)
      return true
    },
  )
  assert.throws(() => seedOfWords(''), WordCountError)
})

test('an unknown word is named by its place, and near words are suggested to the person only', () => {
  const words = vectors[2][1].split(' ')
  words[3] = 'dutsch'
  assert.throws(
    () => seedOfWords(words.join(' ')),
    (error) => {
      assert.ok(error instanceof UnknownWordError)
      assert.equal(error.position, 4)
      assert.ok(error.suggestions.includes('dutch'))
      assert.doesNotMatch(inspect(error), /dutsch|dutch|hamster|length'/)
      assert.doesNotMatch(JSON.stringify(error), /dutch/)
      return true
    },
  )
})

test('words that do not belong together are told, without any of them', () => {
  const words = vectors[2][1].split(' ')
  const swapped = [words[1], words[0], ...words.slice(2)].join(' ')
  assert.throws(
    () => seedOfWords(swapped),
    (error) => {
      assert.ok(error instanceof WordChecksumError)
      assert.doesNotMatch(error.message, /hamster|diagram/)
      assert.equal(error.cause, undefined)
      return true
    },
  )
})

test('no text makes the reader of words do anything but throw its own errors', () => {
  const own = [WordCountError, UnknownWordError, WordChecksumError]
  const refused = (error: unknown) => own.some((type) => error instanceof type)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      assert.throws(() => seedOfWords(text), refused)
      const word = `x${text.replace(/[^\p{L}\p{M}]/gu, '')}`
      assert.throws(() => seedOfWords(`${'zoo '.repeat(23)}${word}`), UnknownWordError)
    }),
    { seed: 2, numRuns: 100 },
  )
})
