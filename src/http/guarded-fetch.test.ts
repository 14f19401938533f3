import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { guardedFetch, GuardedFetchError } from '#http/guarded-fetch.ts'

const anywhere = { allow: () => true }

async function listening(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('refuses addresses of this machine and names that lead to it, without connecting', async () => {
  let asked = 0
  await using server = await listening((_request, response) => response.end(String(++asked)))
  const { port } = new URL(server.url)
  const fetch = guardedFetch()
  for (const host of [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f000001',
    '0',
  ]) {
    await assert.rejects(fetch(`http://${host}:${port}/`), GuardedFetchError, host)
  }
  assert.equal(asked, 0)
})

test('refuses a redirect into this machine', async () => {
  let inner = 0
  await using target = await listening((_request, response) => response.end(String(++inner)))
  await using server = await listening((_request, response) => {
    response.writeHead(302, { location: target.url.replace('127.0.0.1', 'localhost') }).end()
  })
  // The first hop is let through, what the redirect leads to is not.
  let hops = 0
  const fetch = guardedFetch({ allow: () => hops++ === 0 })
  await assert.rejects(fetch(server.url), GuardedFetchError)
  assert.equal(inner, 0)
})

test('refuses other schemes', async () => {
  await assert.rejects(guardedFetch(anywhere)('file:///etc/passwd'), GuardedFetchError)
  await assert.rejects(guardedFetch(anywhere)('data:text/plain,hello'), GuardedFetchError)
})

test('passes method, headers and body on, and answers like fetch', async () => {
  await using server = await listening((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(201, { 'x-method': request.method, 'x-given': request.headers['x-given'] })
      response.end(Buffer.concat(chunks))
    })
  })
  const answer = await guardedFetch(anywhere)(`${server.url}/a`, {
    method: 'POST',
    headers: { 'x-given': 'yes' },
    body: 'hello',
  })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('x-method'), 'POST')
  assert.equal(answer.headers.get('x-given'), 'yes')
  assert.equal(await answer.text(), 'hello')
})

test('breaks off an answer that is longer than allowed, said or not', async () => {
  await using server = await listening((request, response) => {
    if (request.url === '/said') response.setHeader('content-length', 100_000)
    response.end('x'.repeat(100_000))
  })
  const fetch = guardedFetch({ ...anywhere, maxBytes: 1_000 })
  await assert.rejects(fetch(`${server.url}/said`), GuardedFetchError)
  const answer = await fetch(`${server.url}/not-said`).catch((error: unknown) => error)
  if (answer instanceof Response) await assert.rejects(answer.text())
  else assert.ok(answer instanceof GuardedFetchError)
})

test('gives up on a server that does not answer, and when the caller does', async () => {
  await using server = await listening(() => undefined)
  await assert.rejects(guardedFetch({ ...anywhere, timeout: 30 })(server.url), /too long/)
  const reason = new Error('enough')
  await assert.rejects(
    guardedFetch(anywhere)(server.url, { signal: AbortSignal.abort(reason) }),
    reason,
  )
})

test('follows a few redirects but not a circle', async () => {
  await using server = await listening((request, response) => {
    if (request.url === '/twice') return response.writeHead(302, { location: '/once' }).end()
    if (request.url === '/once') return response.writeHead(301, { location: '/end' }).end()
    if (request.url === '/circle') return response.writeHead(302, { location: '/circle' }).end()
    response.end('there')
  })
  const fetch = guardedFetch(anywhere)
  assert.equal(await (await fetch(`${server.url}/twice`)).text(), 'there')
  await assert.rejects(fetch(`${server.url}/circle`), /redirects too often/)
})
