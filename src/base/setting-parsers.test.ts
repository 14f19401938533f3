import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  byteSize,
  choice,
  duration,
  list,
  optional,
  path,
  url,
  wholeNumber,
  words,
  yesNo,
} from '#base/setting-parsers.ts'

test('takes whole numbers within their range only', () => {
  const parse = wholeNumber(-5, 1000)
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 1000 }), (value) =>
      assert.equal(parse(String(value)), value),
    ),
    { seed: 1 },
  )
  for (const text of [
    '',
    ' 5',
    '5 ',
    '1e2',
    '0x10',
    '5.0',
    '-6',
    '1001',
    'NaN',
    'Infinity',
    '9'.repeat(30),
  ]) {
    assert.throws(() => parse(text), /whole number from -5 to 1000/, text)
  }
})

test('takes one of the words', () => {
  assert.equal(choice('a', 'b')('b'), 'b')
  assert.throws(() => choice('a', 'b')('c'), /one of a, b/)
})

test('takes yes and no in their usual spellings', () => {
  assert.deepEqual(['yes', 'true', 'ON', '1'].map(yesNo()), [true, true, true, true])
  assert.deepEqual(['no', 'False', 'off', '0'].map(yesNo()), [false, false, false, false])
  for (const text of ['', 'y', 'yess', '2']) assert.throws(() => yesNo()(text), /yes or no/)
})

test('makes paths absolute and knows the home folder', () => {
  assert.equal(path()('~'), homedir())
  assert.equal(path()('~/a'), join(homedir(), 'a'))
  assert.equal(path()('/a/../b'), '/b')
  assert.equal(path()('a'), join(process.cwd(), 'a'))
  for (const text of ['', 'a\0b']) assert.throws(() => path()(text), /path/)
})

test('takes times with a unit and answers milliseconds', () => {
  const parse = duration()
  assert.deepEqual(
    ['0ms', '250ms', '30s', '1.5m', '2h', '7d'].map(parse),
    [0, 250, 30_000, 90_000, 7_200_000, 604_800_000],
  )
  for (const text of ['', '5', '-1s', '1 s', '1w', 's', '1s1m'])
    assert.throws(() => parse(text), /500ms/, text)
  assert.throws(() => duration(1000, 3_600_000)('2h'), /from 1s to 1h/)
})

test('takes sizes with decimal and binary units and answers bytes', () => {
  const sizes = ['0', '512', '1B', '2kB', '5MiB', '1.5 GiB', '1TB'].map(byteSize())
  assert.deepEqual(sizes, [0, 512, 1, 2000, 5_242_880, 1_610_612_736, 1e12])
  for (const text of ['', '-1', '5mb', '5 M', '5K', 'MB', '1,5MB', '99999999999TB']) {
    assert.throws(() => byteSize()(text), /5MiB/, text)
  }
  assert.throws(() => byteSize(1, 10)('11'), /from 1 to 10 bytes/)
})

test('takes URLs of the named schemes only', () => {
  assert.equal(url('https')('https://a.example/x').hostname, 'a.example')
  for (const text of ['', 'a.example', 'http://a.example', 'javascript:x']) {
    assert.throws(() => url('https')(text), /starts with https:/, text)
  }
})

test('takes lists and absent values', () => {
  assert.deepEqual(list(wholeNumber(0, 9))('1, 2,3'), [1, 2, 3])
  assert.deepEqual(list(wholeNumber(0, 9))(''), [])
  assert.throws(() => list(wholeNumber(0, 9))('1,,2'), /whole number/)
  assert.throws(() => list(words(), 2)('a,b,c'), /at most 2/)
  assert.equal(optional(words())(''), undefined)
  assert.equal(optional(words())('a'), 'a')
})

test('answers or throws an Error with a sentence, whatever the text is', () => {
  const parsers = [
    wholeNumber(0, 9),
    yesNo(),
    path(),
    duration(),
    byteSize(),
    url('https'),
    list(words(5), 3),
    choice('a'),
  ]
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...parsers), (text, parse) => {
      try {
        parse(text)
      } catch (error) {
        assert.ok(error instanceof Error)
        assert.match(error.message, /^it must be /)
      }
    }),
    { seed: 2, numRuns: 2000 },
  )
})
