import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { readParameters, type Parameters } from '#api/mastodon/parameters.ts'

/** What a request with this query and body is read as. */
async function read(query: string, body?: FormData | string, type?: string): Promise<Parameters> {
  const app = new Hono()
  const found = Promise.withResolvers<Parameters>()
  app.all('/', async (c) => {
    found.resolve(await readParameters(c))
    return c.text('')
  })
  const method = body === undefined ? 'GET' : 'POST'
  const headers = type === undefined ? {} : { 'content-type': type }
  await app.request(`/?${query}`, { method, headers, ...(body !== undefined && { body }) })
  return await found.promise
}

const form = 'application/x-www-form-urlencoded'

test('lists and objects are read from names with brackets, from JSON and from maps with numbers', async () => {
  assert.deepEqual((await read('id[]=1&id[]=2')).texts('id'), ['1', '2'])
  assert.deepEqual((await read('id=1')).texts('id'), ['1'])
  assert.deepEqual((await read('id[0]=a&id[1]=b')).texts('id'), ['a', 'b'])
  const json = await read('', '{"a":{"b":"c"},"d":[1,2]}', 'application/json; charset=utf-8')
  assert.equal(json.inside('a')?.text('b'), 'c')
  assert.deepEqual(json.texts('d'), ['1', '2'])
  const rows = await read('', 'k[][a]=1&k[][b]=2&k[][a]=3', form)
  assert.deepEqual(
    rows.each('k').map((row) => [row.text('a'), row.text('b')]),
    [
      ['1', '2'],
      ['3', undefined],
    ],
  )
})

test('the body counts more than the query; flags and numbers are read as apps write them', async () => {
  const given = await read('a=query&limit=5', 'a=body&on=1&off=false&none=&limit=x', form)
  assert.equal(given.text('a'), 'body')
  assert.deepEqual(
    [given.flag('on'), given.flag('off'), given.flag('none')],
    [true, false, undefined],
  )
  assert.equal(given.integer('limit', 1, 40), undefined)
  assert.equal((await read('limit=99')).integer('limit', 1, 40), 40)
})

test('names of prototypes are names like others', async () => {
  const given = await read('__proto__[x]=1&constructor[y]=2&toString=3')
  assert.equal(({} as { x?: string }).x, undefined)
  assert.equal(given.inside('constructor')?.text('y'), '2')
  assert.equal((await read('a=1')).has('toString'), false)
})

test('a text without a meaning in both databases is made one that has', async () => {
  assert.equal((await read('', '{"a":"x\\u0000\\ud800"}', 'application/json')).text('a'), 'x\ufffd')
})
