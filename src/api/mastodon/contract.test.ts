import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { operations } from '#api/mastodon/operations.ts'
import { contractSteps } from '#rig/contract-steps.ts'
import { registerApp } from '#rig/client-app.ts'
import { readContract } from '#rig/mastodon-contract.ts'
import { twoPeople, type TwoPeople } from '#rig/two-people.ts'

const contract = readContract()
const skip = typeof contract === 'string' ? contract : false
/** What `app.ts` of the folder oauth serves. */
const oauthLines = [
  'GET /.well-known/oauth-authorization-server',
  'GET /oauth/authorize',
  'POST /oauth/token',
  'POST /oauth/revoke',
]

let people: TwoPeople
before(async () => {
  if (!skip) people = await twoPeople()
})
after(async () => {
  if (!skip) await people[Symbol.asyncDispose]()
})

test('every operation that is there is one of the document', { skip }, () => {
  assert.ok(typeof contract !== 'string')
  const known = new Set(contract.lines)
  for (const { method, path } of operations)
    assert.ok(known.has(`${method} ${path}`), `${method} ${path}`)
})

test('every answer of every operation is as the document says', { skip }, async () => {
  const seen = new Set<string>()
  for (const step of await contractSteps(people)) {
    const [line, path = {}, query = '', body, status = 200] = step
    const where = line
      .split(' ')[1]!
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
    const answer = await people.app.ask(line.split(' ')[0]!, where + query, body)
    const what = `${line} ${JSON.stringify(path)} ${query}`
    const text = await answer.text()
    assert.equal(answer.status, status, `${what}: ${text.slice(0, 500)}`)
    assert.ok(answer.headers.has('x-ratelimit-remaining'), what)
    assert.equal(answer.headers.get('access-control-allow-origin'), '*', what)
    if (line !== 'GET /health') judge(line, status, JSON.parse(text), what)
    seen.add(line)
  }
  const missing = operations
    .map(({ method, path }) => `${method} ${path}`)
    .filter((line) => !seen.has(line))
  assert.deepEqual(missing, [])
})

test('the answers of OAuth are as the document says', { skip }, async () => {
  const { url } = people.alice.node
  const metadata = await fetch(`${url}/.well-known/oauth-authorization-server`)
  judge('GET /.well-known/oauth-authorization-server', 200, await metadata.json(), 'metadata')
  const app = await registerApp(url, 'read', 'app://back')
  const ask = async (path: string, given: Record<string, string>): Promise<Response> => {
    const secrets = { client_id: app.client, client_secret: app.secret }
    const body = new URLSearchParams({ ...secrets, ...given })
    return await fetch(url + path, { method: 'POST', body })
  }
  const cases: readonly (readonly [string, Record<string, string>, number])[] = [
    ['/oauth/token', { grant_type: 'client_credentials' }, 200],
    ['/oauth/token', { grant_type: 'authorization_code', code: 'x' }, 400],
    ['/oauth/token', { grant_type: 'client_credentials', client_secret: 'x' }, 401],
    ['/oauth/revoke', { token: 'x' }, 200],
    ['/oauth/revoke', { token: people.app.token }, 403],
  ]
  for (const [path, given, status] of cases) {
    const answer = await ask(path, given)
    assert.equal(answer.status, status, path)
    judge(`POST ${path}`, status, await answer.json(), path)
  }
})

test(
  'the operations of the document that are not there answer an error in JSON',
  { skip },
  async () => {
    assert.ok(typeof contract !== 'string')
    const streaming = contract.lines.filter((line) => line.includes('/api/v1/streaming/'))
    const here = new Set([
      ...oauthLines,
      ...streaming,
      ...operations.map(({ method, path }) => `${method} ${path}`),
    ])
    const absent = contract.lines.filter((line) => !here.has(line))
    for (const line of absent) {
      const [method = '', path = ''] = line.split(' ')
      const answer = await people.app.ask(method, path.replaceAll(/\{\w+\}/g, '1'))
      assert.ok([404, 401, 422].includes(answer.status), `${line}: ${answer.status}`)
      const said = (await answer.json()) as { error: string }
      assert.ok(said.error.length > 5, line)
    }
    // Kept here so that the figures in docs/client-api.md are those of the code.
    assert.deepEqual(
      { all: contract.lines.length, here: here.size, absent: absent.length },
      figures,
    )
  },
)

const figures = { all: 210, here: 144, absent: 66 }

function judge(line: string, status: number, value: unknown, what: string): void {
  assert.ok(typeof contract !== 'string')
  const wrong = contract.judge(line, status, value)
  assert.equal(wrong, undefined, `${what}\n${JSON.stringify(value).slice(0, 3000)}`)
}
