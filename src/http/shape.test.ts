import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '#http/http-error.ts'
import { flag, integer, list, map, object, oneOf, optional, text } from '#http/shape.ts'

const shape = object({
  name: text({ min: 1, max: 5 }),
  age: optional(integer({ min: 0, max: 150 })),
  tags: list(text({ max: 3 }), { max: 2 }),
  kind: oneOf('a', 'b'),
  on: flag(),
})
const good = { name: 'Ada', tags: ['x'], kind: 'a', on: true }

test('lets a fitting value through as it is', () => {
  assert.deepEqual(shape.parse(good, 'The body'), good)
  assert.deepEqual(shape.parse({ ...good, age: 36 }, 'The body'), { ...good, age: 36 })
})

test('refuses what does not fit, naming the place', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [null, /body must be an object/],
    [[], /body must be an object/],
    [{ ...good, name: undefined }, /lacks “name”/],
    [{ ...good, name: '' }, /“name” must not be empty/],
    [{ ...good, name: 'Adaline' }, /“name” is longer than 5/],
    [{ ...good, name: 7 }, /“name” must be a text/],
    [{ ...good, age: 3.5 }, /“age” must be a whole number/],
    [{ ...good, age: -1 }, /from 0 to 150/],
    [{ ...good, tags: ['x', 'y', 'z'] }, /at most 2/],
    [{ ...good, tags: ['long'] }, /“tags”\[0\] is longer/],
    [{ ...good, kind: 'c' }, /one of: a, b/],
    [{ ...good, on: 'true' }, /true or false/],
    [{ ...good, more: 1 }, /unknown field “more”/],
    [JSON.parse('{"__proto__": 1}'), /unknown field “__proto__”/],
  ]
  for (const [value, message] of cases) {
    assert.throws(
      () => shape.parse(value, 'The body'),
      (error: unknown) => {
        assert.ok(error instanceof HttpError)
        assert.equal(error.status, 400)
        assert.match(error.message, message)
        return true
      },
    )
  }
})

test('a map bounds how much it takes', () => {
  assert.deepEqual(map(text()).parse({ a: 'b' }, 'It'), { a: 'b' })
  assert.throws(() => map(text(), { max: 1 }).parse({ a: '', b: '' }, 'It'), /at most 1/)
})

test('gives the JSON Schema of what it checks', () => {
  assert.deepEqual(object({ a: text({ max: 3 }), b: optional(flag()) }).schema, {
    type: 'object',
    properties: { a: { type: 'string', maxLength: 3 }, b: { type: 'boolean' } },
    required: ['a'],
    additionalProperties: false,
  })
})
