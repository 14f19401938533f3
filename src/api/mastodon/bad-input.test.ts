import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { operations } from '#api/mastodon/operations.ts'
import { twoPeople, type TwoPeople } from '#rig/two-people.ts'

let people: TwoPeople
before(async () => {
  people = await twoPeople()
})
after(() => people[Symbol.asyncDispose]())

test('whatever is sent to whatever operation, the answer is JSON and no internal error', async () => {
  const { app } = people
  const harmless = operations.filter(
    ({ path }) => !/\/(?:block|follow|mute)$|clear$|update_credentials$/.test(path),
  )
  const names = [
    'id',
    'id[]',
    'q',
    'limit',
    'max_id',
    'min_id',
    'since_id',
    'offset',
    'type',
    'types[]',
    'acct',
    'status',
    'media_ids',
    'in_reply_to_id',
    'poll',
    'home',
    'home[last_read_id]',
    'client_name',
    'redirect_uris',
    'scopes',
    'focus',
    'file',
    'timeline[]',
    'a[b][c][d][e][f]',
    '__proto__',
    '__proto__[x]',
    'constructor',
  ]
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(
      '0',
      '-1',
      '9'.repeat(30),
      'NaN',
      '\0',
      '%00',
      '\ud800',
      "' or 1=1 --",
      '..%2f..',
      '🦊',
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...harmless),
      fc.array(fc.tuple(fc.constantFrom(...names), text), { maxLength: 5 }),
      text,
      fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
      async ({ method, path }, query, part, body) => {
        const where = path.replaceAll(/\{\w+\}/g, encodeURIComponent(part.toWellFormed()) || 'x')
        const search = new URLSearchParams(query.map(([name, value]) => [name, value]))
        const answer = await app.ask(
          method,
          `${where}?${search.toString()}`,
          method === 'GET' ? undefined : body,
        )
        const said = await answer.text()
        assert.ok(answer.status < 500, `${method} ${where} ${answer.status} ${said}`)
        if (answer.status >= 400)
          assert.ok((JSON.parse(said) as { error: string }).error.length > 3)
      },
    ),
    { seed: 20261123, numRuns: 400 },
  )
})

test('what is malformed or too much is told so', async () => {
  const { app } = people
  const json = { 'content-type': 'application/json' }
  const cases: readonly (readonly [number, string, Record<string, string>])[] = [
    [400, '{"status":', json],
    [400, '[1]', json],
    [422, '{"status":{"a":1}}', json],
    [413, `{"status":"${'x'.repeat(1_100_000)}"}`, json],
    [400, 'x', { 'content-type': 'multipart/form-data; boundary=y' }],
  ]
  for (const [status, body, headers] of cases) {
    const answer = await app.ask('POST', '/api/v1/statuses', body, headers)
    assert.equal(answer.status, status, body.slice(0, 40))
    assert.ok(((await answer.json()) as { error: string }).error.length > 5)
  }
})
