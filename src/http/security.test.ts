import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { getLogger } from '@logtape/logtape'
import { hostCheck, originCheck, securityHeaders } from '#http/security.ts'
import { answerErrors } from '#http/server.ts'
import { openSessions } from '#http/sessions.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const host = '127.0.0.1:8787'
const clock = virtualClock()
const sessions = openSessions({
  token: 'right-token',
  key: new Uint8Array(32),
  scope: 'test',
  clock,
})

function app(): Hono {
  const made = new Hono()
  made.use(securityHeaders(), hostCheck(['node.example']), originCheck())
  answerErrors(made, getLogger('test'))
  made.get('/', sessions.exchange, (c) => c.text('page'))
  made.use('/api/*', sessions.guard)
  made.all('/api/x', (c) => c.text('done'))
  made.get('/broken', () => {
    throw new Error('a secret detail')
  })
  return made
}

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return await app().request(path, { method, headers: { host, ...headers } })
}
const bearer = { authorization: 'Bearer right-token' }

test('every answer carries the headers that keep other pages out', async () => {
  for (const path of ['/', '/api/x', '/nothing', '/broken']) {
    const { headers } = await ask(path)
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /unsafe/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('x-frame-options'), 'DENY')
    assert.equal(headers.get('access-control-allow-origin'), null)
  }
})

test('a name that was pointed at this machine is refused; our names and addresses are not', async () => {
  for (const bad of [
    'evil.example',
    'evil.example:8787',
    'localhost.evil.example',
    '',
    'a:b:c',
    '127.0.0.1.nip.io',
  ]) {
    assert.equal((await ask('/', { host: bad })).status, 421, bad)
  }
  for (const good of [
    'localhost:1',
    'LOCALHOST',
    'a.localhost',
    '127.0.0.1:8787',
    '[::1]:8787',
    'node.example',
    '192.168.1.5:80',
  ]) {
    assert.equal((await ask('/', { host: good })).status, 200, good)
  }
})

test('a write from a page of another origin is refused, even with a good cookie', async () => {
  const write = (headers: Record<string, string>) => ask('/api/x', headers, 'POST')
  assert.equal((await write({ ...bearer, origin: 'http://evil.example' })).status, 403)
  assert.equal((await write({ ...bearer, origin: 'null' })).status, 403)
  assert.equal((await write({ ...bearer, origin: 'http://127.0.0.1:9999' })).status, 403)
  assert.equal((await write({ cookie: await cookie() })).status, 403)
  assert.equal((await write({ cookie: await cookie(), origin: `http://${host}` })).status, 200)
  assert.equal((await write(bearer)).status, 200)
})

test('the API needs the token or the cookie', async () => {
  assert.equal((await ask('/api/x')).status, 401)
  for (const wrong of [
    'Bearer wrong',
    'Bearer',
    'Basic right-token',
    'right-token',
    'Bearer right-tokens',
  ]) {
    assert.equal((await ask('/api/x', { authorization: wrong })).status, 401, wrong)
  }
  for (const wrong of ['', 'x', '9999999999.', `9999999999.${'A'.repeat(43)}`, 'NaN.x']) {
    assert.equal(
      (await ask('/api/x', { cookie: `metalife_session_test=${wrong}` })).status,
      401,
      wrong,
    )
  }
  assert.equal((await ask('/api/x', { cookie: `other=1; ${await cookie()}` })).status, 200)
  assert.equal((await ask('/api/x', bearer)).status, 200)
})

test('a link is exchanged once for a cookie that scripts and other sites do not get', async () => {
  const link = `/?token=${sessions.link()}`
  const first = await ask(link)
  assert.equal(first.status, 303)
  assert.equal(first.headers.get('location'), '/')
  assert.match(first.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Strict/)
  const second = await ask(link)
  assert.equal(second.headers.get('set-cookie'), null)
  assert.equal((await ask('/?token=guess')).headers.get('set-cookie'), null)
})

test('links and cookies end', async () => {
  const link = `/?token=${sessions.link()}`
  const worn = await cookie()
  await clock.advance(25 * 3600_000)
  assert.equal((await ask(link)).headers.get('set-cookie'), null)
  assert.equal((await ask('/api/x', { cookie: worn })).status, 200)
  await clock.advance(30 * 24 * 3600_000)
  assert.equal((await ask('/api/x', { cookie: worn })).status, 401)
})

test('an error inside tells the reader nothing but that there was one', async () => {
  const answer = await ask('/broken')
  assert.equal(answer.status, 500)
  const text = await answer.text()
  assert.doesNotMatch(text, /secret detail/)
  assert.equal(JSON.parse(text).error, 'internal')
})

async function cookie(): Promise<string> {
  const answer = await ask(`/?token=${sessions.link()}`)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}
