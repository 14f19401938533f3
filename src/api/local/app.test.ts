import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { localDocument } from '#api/local/app.ts'
import {
  conversationShape,
  deliveryShape,
  jobShape,
  networkShape,
  personShape,
  postShape,
  profileShape,
  statusShape,
  threadShape,
} from '#api/local/shapes.ts'
import { pageOf } from '#http/paging.ts'
import { list, object, type Shape } from '#http/shape.ts'
import type { Published } from '#social/social.ts'
import { startTestNode, temporaryHome, type TestHome, type TestNode } from '#rig/node.ts'

let home: TestHome
let node: TestNode
let post: string
let postId: string
let me: string

before(async () => {
  home = await temporaryHome()
  node = await startTestNode(home)
  const { client } = node
  me = (await client.get<{ ref: { id: string } }>('/me')).ref.id
  const first = await client.send<Published>('POST', '/posts', { text: 'First #Tag', warning: 'w' })
  post = first.deliveries[0]?.ref?.id ?? ''
  postId = first.id ?? ''
  await client.send('POST', '/posts', { text: 'Answer', replyTo: post, language: 'de-CH' })
  await client.send('POST', `/posts/${encodeURIComponent(post)}/reactions`, {
    emoji: '❤',
    on: true,
  })
  await client.send('POST', '/messages', { to: [me], text: 'to myself' })
})
after(async () => {
  await node[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

async function ask(method: string, path: string, body?: unknown, headers = {}): Promise<Response> {
  return await fetch(`${node.node.url}/api/metalife/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${node.node.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
}

test('every answer has the shape that the OpenAPI document gives', async () => {
  const person = encodeURIComponent(me)
  const name = encodeURIComponent(post)
  const shapes: readonly (readonly [string, Shape<unknown>])[] = [
    ['/status', statusShape],
    ['/networks', object({ items: list(networkShape) })],
    ['/me', profileShape],
    ['/timelines/home', pageOf(postShape)],
    ['/timelines/all?limit=1', pageOf(postShape)],
    ['/timelines/tags/tag', pageOf(postShape)],
    [`/posts/${name}/thread`, threadShape],
    [`/posts/${postId}/deliveries`, object({ items: list(deliveryShape) })],
    [`/people/${person}`, profileShape],
    [`/people/${person}/posts`, pageOf(postShape)],
    [`/people/${person}/following`, pageOf(personShape)],
    ['/conversations', pageOf(conversationShape)],
    ['/jobs', object({ items: list(jobShape) })],
  ]
  for (const [path, shape] of shapes) {
    const answer = await ask('GET', path)
    assert.equal(answer.status, 200, path)
    assert.equal(answer.headers.get('cache-control'), 'no-store', path)
    const value: unknown = await answer.json()
    shape.parse(value, path)
  }
})

test('lists page to their end without a gap or a double', async () => {
  const seen: string[] = []
  let after: string | undefined
  do {
    const query = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
    const page = pageOf(postShape).parse(
      await (await ask('GET', `/timelines/home?limit=1${query}`)).json(),
      'page',
    )
    seen.push(...page.items.map(({ id }) => id))
    after = page.next
  } while (after !== undefined)
  assert.equal(seen.length, 2)
  assert.equal(new Set(seen).size, 2)
})

test('what is malformed is a 4xx in words and changes nothing', async () => {
  const before = await (await ask('GET', '/timelines/home')).text()
  const long = 'x'.repeat(300_000)
  const cases: readonly (readonly [number, string, string, unknown?, object?])[] = [
    [404, 'GET', '/nothing'],
    [404, 'GET', '/posts/12345/thread'],
    [404, 'GET', '/people/nobody'],
    [400, 'GET', '/timelines/home?limit=0'],
    [400, 'GET', '/timelines/home?limit=1000'],
    [400, 'GET', '/timelines/home?limit=1&limit=2'],
    [400, 'GET', '/timelines/home?colour=red'],
    [400, 'GET', '/timelines/home?after=nonsense'],
    [400, 'GET', '/recognise'],
    [400, 'POST', '/posts', '{"text":'],
    [400, 'POST', '/posts', {}],
    [400, 'POST', '/posts', { text: '  ' }],
    [400, 'POST', '/posts', { text: 7 }],
    [400, 'POST', '/posts', { text: long }],
    [400, 'POST', '/posts', { text: 'a', colour: 'red' }],
    [400, 'POST', '/posts', { text: 'a', language: '<b>' }],
    [400, 'POST', '/posts', { text: 'a', attachments: [{ blob: 'no blob' }] }],
    [400, 'POST', '/posts', { text: 'a' }, { 'idempotency-key': 'with space' }],
    [404, 'POST', '/posts', { text: 'a', replyTo: '999' }],
    [422, 'POST', '/posts', { text: 'x'.repeat(100_000) }],
    [413, 'POST', '/posts', `{"text":"${'x'.repeat(1_200_000)}"}`],
    [415, 'POST', '/posts', 'text=a', { 'content-type': 'application/x-www-form-urlencoded' }],
    [400, 'POST', '/messages', { to: [], text: 'a' }],
    [400, 'PUT', `/people/${encodeURIComponent(me)}/follow`, { on: 'yes' }],
    [404, 'POST', '/networks/none/actions/connect', {}],
    [404, 'POST', `/networks/${node.node.networks[0]?.name}/actions/nothing`, {}],
    [404, 'POST', `/networks/${node.node.networks[0]?.name}/actions/constructor`, {}],
    [400, 'POST', '/join', { text: 'nonsense' }],
    [400, 'POST', '/jobs/import', { path: 'relative' }],
    [404, 'GET', '/jobs/99'],
    [404, 'GET', `/blobs/${'0'.repeat(64)}`],
    [400, 'GET', '/blobs/nonsense'],
  ]
  for (const [status, method, path, body, headers] of cases) {
    const answer = await ask(method, path, body, headers)
    const said = (await answer.json()) as { error: string; error_description: string }
    const what = `${method} ${path.slice(0, 60)} ${JSON.stringify(body ?? '').slice(0, 60)}`
    assert.equal(answer.status, status, `${what}: ${said.error_description}`)
    assert.match(said.error, /^[a-z_]+$/)
    assert.match(said.error_description, /^[^]{10,400}[.…]/, what)
  }
  assert.equal(await (await ask('GET', '/timelines/home')).text(), before)
})

test('whatever JSON is sent, the answer is never an internal error', async () => {
  const writes = ['/posts', '/messages', '/join', '/jobs/import'] as const
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...writes),
      fc.jsonValue({ maxDepth: 3 }),
      async (path, value) => {
        const answer = await ask('POST', path, value)
        await answer.body?.cancel()
        assert.ok(
          answer.status >= 400 && answer.status < 500,
          `${path} ${JSON.stringify(value)}: ${answer.status}`,
        )
      },
    ),
    { seed: 20261122, numRuns: 150 },
  )
})

test('a file is served so that nothing in it runs, whole or in parts', async () => {
  const script = '<script>alert(1)</script>'
  const added = await (await ask('POST', '/blobs', script, { 'content-type': 'text/html' })).json()
  const { hash } = added as { hash: string }
  const answer = await ask('GET', `/blobs/${hash}`)
  assert.equal(await answer.text(), script)
  assert.equal(answer.headers.get('content-type'), 'application/octet-stream')
  assert.equal(answer.headers.get('content-disposition'), 'attachment')
  assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  const part = await ask('GET', `/blobs/${hash}`, undefined, { range: 'bytes=1-6' })
  assert.equal(part.status, 206)
  assert.equal(await part.text(), 'script')
  assert.equal(part.headers.get('content-range'), `bytes 1-6/${script.length}`)
  const beyond = await ask('GET', `/blobs/${hash}`, undefined, { range: 'bytes=99-' })
  assert.equal(beyond.status, 416)
  await beyond.body?.cancel()
  const same = await ask('GET', `/blobs/${hash}`, undefined, { 'if-none-match': `"${hash}"` })
  assert.equal(same.status, 304)

  const png = Buffer.from('89504e470d0a1a0a0000', 'hex')
  const picture = await fetch(`${node.node.url}/api/metalife/v1/blobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.node.token}` },
    body: png,
  })
  const { hash: other } = (await picture.json()) as { hash: string }
  const shown = await ask('GET', `/blobs/${other}`)
  assert.equal(shown.headers.get('content-type'), 'image/png')
  await shown.body?.cancel()
})

test('a file that is too big is refused before it is stored', async () => {
  const limit = node.node.networks[0]?.abilities.maxBlob ?? 0
  const answer = await fetch(`${node.node.url}/api/metalife/v1/blobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.node.token}` },
    body: new Blob([new Uint8Array(limit + 1)]).stream(),
    duplex: 'half',
  })
  assert.equal(answer.status, 413)
  await answer.body?.cancel()
})

test('changes are told as they are committed', async () => {
  const stop = new AbortController()
  const events = node.client.events('/events', stop.signal)
  const first = events.next()
  await node.client.send('POST', '/posts', { text: 'news' })
  const { value } = await first
  assert.equal(value?.event, 'change')
  stop.abort()
  await events.next().catch(() => undefined)
})

test('verifying is a job that tells its progress and its result', async () => {
  const job = jobShape.parse(await node.client.send('POST', '/jobs/verify'), 'job')
  const states: string[] = []
  for await (const { data } of node.client.events(
    `/jobs/${job.id}/events`,
    new AbortController().signal,
  )) {
    states.push(jobShape.parse(data, 'job').state)
  }
  assert.equal(states.at(-1), 'done')
})

test('the document describes every route, and refers only to what it defines', async () => {
  const served = await (await ask('GET', '/openapi.json')).json()
  assert.deepEqual(served, JSON.parse(JSON.stringify(localDocument(node.node.context.version))))
  const text = JSON.stringify(served)
  const defined = Object.keys((served as { components: { schemas: object } }).components.schemas)
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert.ok(defined.includes(name), name)
  }
  const { paths } = served as { paths: Record<string, Record<string, { summary: string }>> }
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  assert.ok(operations.length >= 30)
  for (const { summary } of operations) assert.ok(summary.length > 5)
})
