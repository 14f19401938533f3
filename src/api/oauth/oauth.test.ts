import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { decide, openClientApp, personCookie, registerApp } from '#rig/client-app.ts'
import { startTestNode, temporaryHome, type TestHome, type TestNode } from '#rig/node.ts'

const redirect = 'https://app.example/callback?kept=1'
const oob = 'urn:ietf:wg:oauth:2.0:oob'
const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')

let home: TestHome
let node: TestNode
let url: string
let app: { readonly client: string; readonly secret: string }
before(async () => {
  home = await temporaryHome()
  node = await startTestNode(home)
  url = node.node.url
  app = await registerApp(url, 'read write:statuses', [redirect, oob, 'my.app://back'])
})
after(async () => {
  await node[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

const asked = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  client_id: app.client,
  redirect_uri: redirect,
  response_type: 'code',
  scope: 'read',
  state: 'a state & more',
  code_challenge: challenge,
  code_challenge_method: 'S256',
  ...more,
})

async function codeFor(more?: Readonly<Record<string, string>>): Promise<string> {
  const answer = await decide(node.node, asked(more))
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
}

async function token(more: Readonly<Record<string, string>>, headers = {}) {
  const fields = {
    grant_type: 'authorization_code',
    redirect_uri: redirect,
    code_verifier: verifier,
  }
  const secrets =
    'authorization' in headers ? {} : { client_id: app.client, client_secret: app.secret }
  const body = new URLSearchParams({ ...fields, ...secrets, ...more })
  const answer = await fetch(`${url}/oauth/token`, { method: 'POST', body, headers })
  return {
    status: answer.status,
    value: (await answer.json()) as Record<string, string>,
    headers: answer.headers,
  }
}

async function page(query: Readonly<Record<string, string>>, headers = {}): Promise<Response> {
  const where = `${url}/oauth/authorize?${new URLSearchParams(query).toString()}`
  return await fetch(where, { headers: { accept: 'text/html', ...headers }, redirect: 'manual' })
}

test('the metadata names endpoints that are there', async () => {
  const answer = await fetch(`${url}/.well-known/oauth-authorization-server`)
  const metadata = (await answer.json()) as Record<string, string | readonly string[]>
  assert.equal(metadata['issuer'], `${url}/`)
  assert.deepEqual(metadata['code_challenge_methods_supported'], ['S256'])
  for (const name of ['token_endpoint', 'app_registration_endpoint', 'revocation_endpoint']) {
    const there = await fetch(String(metadata[name]), { method: 'POST' })
    assert.ok([400, 401, 422].includes(there.status), name)
    await there.body?.cancel()
  }
})

test('a code is given to the address that was registered, with the state, and gives one token', async () => {
  const answer = await decide(node.node, asked())
  assert.equal(answer.status, 302)
  const back = new URL(answer.headers.get('location') ?? '')
  assert.equal(back.origin + back.pathname, 'https://app.example/callback')
  assert.equal(back.searchParams.get('kept'), '1')
  assert.equal(back.searchParams.get('state'), 'a state & more')
  assert.equal(back.searchParams.get('iss'), `${url}/`)
  const code = back.searchParams.get('code') ?? ''
  const given = await token({ code })
  assert.equal(given.status, 200)
  assert.equal(given.value['token_type'], 'Bearer')
  assert.equal(given.value['scope'], 'read')
  assert.equal(given.headers.get('cache-control'), 'no-store')
  const use = () =>
    fetch(`${url}/api/v1/accounts/verify_credentials`, {
      headers: { authorization: `Bearer ${given.value['access_token']}` },
    })
  assert.equal((await use()).status, 200)
  // Somebody else has the code: what was given for it ends too.
  const again = await token({ code })
  assert.deepEqual([again.status, again.value['error']], [400, 'invalid_grant'])
  assert.equal((await use()).status, 401)
})

test('a code is worth nothing without what belongs to it', async () => {
  const wrong: readonly Readonly<Record<string, string>>[] = [
    { code_verifier: 'w'.repeat(43) },
    { code_verifier: '' },
    { redirect_uri: 'my.app://back' },
    { code: 'guess' },
    { client_secret: 'guess' },
    { client_id: 'guess' },
    { grant_type: 'password' },
  ]
  for (const one of wrong) {
    const given = await token({ code: await codeFor(), ...one })
    assert.ok([400, 401].includes(given.status), JSON.stringify(one))
    assert.match(
      given.value['error'] ?? '',
      /^(?:invalid_grant|invalid_client|unsupported_grant_type)$/,
    )
  }
})

test('the secret of the app may come in the header', async () => {
  const basic = Buffer.from(`${app.client}:${app.secret}`).toString('base64')
  const given = await token({ code: await codeFor() }, { authorization: `Basic ${basic}` })
  assert.equal(given.status, 200)
})

test('a code can be shown to be typed, and a scheme of the app can be gone back to', async () => {
  const shown = await decide(node.node, asked({ redirect_uri: oob }))
  const code = /value="([\w-]{43})"/.exec(await shown.text())?.[1] ?? ''
  assert.equal((await token({ code, redirect_uri: oob })).status, 200)
  const back = await decide(node.node, asked({ redirect_uri: 'my.app://back' }))
  assert.match(back.headers.get('location') ?? '', /^my\.app:\/\/back\?code=/)
})

test('nothing is sent to an address that was not registered', async () => {
  const cookie = await personCookie(node.node)
  for (const one of [
    { redirect_uri: 'https://evil.example/' },
    { redirect_uri: '' },
    { client_id: 'x' },
  ]) {
    const answer = await page(asked(one), { cookie })
    assert.ok([400, 401].includes(answer.status))
    assert.equal(answer.headers.get('location'), null)
    await answer.body?.cancel()
    const program = await page(asked(one), { cookie, accept: 'application/json' })
    assert.ok(((await program.json()) as { error: string }).error.length > 5)
  }
})

test('other mistakes are told to the app', async () => {
  const cookie = await personCookie(node.node)
  const cases: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_scope', { scope: 'write:media' }],
    ['invalid_scope', { scope: 'everything' }],
    ['invalid_request', { code_challenge_method: 'plain' }],
  ]
  for (const [error, one] of cases) {
    const answer = await page(asked(one), { cookie })
    assert.equal(answer.status, 302)
    const back = new URL(answer.headers.get('location') ?? '')
    assert.equal(back.searchParams.get('error'), error)
    assert.equal(back.searchParams.get('state'), 'a state & more')
  }
  const refused = await decide(node.node, asked(), 'deny')
  assert.match(refused.headers.get('location') ?? '', /error=access_denied/)
})

test('the page says who asks for what, works without a program and lets nobody frame it', async () => {
  const evil = await registerNamed('<script>alert(1)</script>')
  const answer = await page(asked({ client_id: evil.client }), {
    cookie: await personCookie(node.node),
  })
  const html = await answer.text()
  assert.equal(answer.status, 200)
  assert.ok(!html.includes('<script'))
  assert.ok(html.includes('&#60;script&#62;'))
  assert.match(html, /<button name="decision" value="allow" class="primary">/)
  const policy = answer.headers.get('content-security-policy') ?? ''
  assert.match(policy, /form-action 'self' https:\/\/app\.example;/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.match(policy, /script-src 'self'/)
})

test('who is not known proves to be the person with a link that works once', async () => {
  const first = await (await page(asked())).text()
  const [, again = ''] = /content="0;url=([^"]+)"/.exec(first) ?? []
  const where = again.replaceAll('&#38;', '&')
  assert.match(where, /^\/oauth\/authorize\?/)
  const form = await fetch(url + where, { headers: { accept: 'text/html' } })
  assert.equal(form.status, 401)
  const html = await form.text()
  const to = (/name="to" value="([^"]+)"/.exec(html)?.[1] ?? '').replaceAll('&#38;', '&')
  const link = node.node.context.pageLink() ?? ''
  const sign = (code: string, headers = {}) =>
    fetch(`${url}/oauth/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'same-origin', ...headers },
      body: new URLSearchParams({ to, code }),
    })
  assert.equal((await sign('guess')).status, 401)
  assert.equal((await sign(link, { origin: 'https://evil.example' })).status, 403)
  const good = await sign(link)
  assert.equal(good.status, 303)
  const cookie = good.headers.get('set-cookie')?.split(';')[0] ?? ''
  const then = await fetch(url + (good.headers.get('location') ?? ''), { headers: { cookie } })
  assert.match(await then.text(), /value="allow"/)
  assert.equal((await sign(link)).status, 401)
  const elsewhere = await fetch(`${url}/oauth/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ to: '//evil.example/', code: node.node.context.pageLink() ?? '' }),
  })
  assert.equal(elsewhere.headers.get('location'), '/')
})

test('a decision from another site, or of nobody, lets no app in', async () => {
  const body = new URLSearchParams({ ...asked(), decision: 'allow' })
  const cookie = await personCookie(node.node)
  const send = (headers: Record<string, string>) =>
    fetch(`${url}/oauth/authorize`, { method: 'POST', redirect: 'manual', headers, body })
  const foreign = await send({ cookie, origin: 'https://evil.example' })
  assert.equal(foreign.status, 403)
  const unknown = await send({ 'sec-fetch-site': 'same-origin' })
  assert.equal(unknown.status, 401)
  assert.equal(unknown.headers.get('location'), null)
})

test('a token does what its scopes say, and the token of an app alone does nothing of the person', async () => {
  const reader = await openClientApp(node.node, 'read:statuses write:bookmarks')
  assert.equal((await reader.ask('GET', '/api/v1/timelines/home')).status, 200)
  assert.equal((await reader.ask('GET', '/api/v1/notifications')).status, 403)
  assert.equal((await reader.ask('POST', '/api/v1/statuses', { status: 'x' })).status, 403)
  const given = await token({ grant_type: 'client_credentials', scope: 'read' })
  const alone = { authorization: `Bearer ${given.value['access_token']}` }
  assert.equal(
    (await fetch(`${url}/api/v1/apps/verify_credentials`, { headers: alone })).status,
    200,
  )
  for (const path of [
    '/api/v1/timelines/home',
    '/api/v1/timelines/public',
    '/api/v1/conversations',
  ]) {
    assert.equal((await fetch(url + path, { headers: alone })).status, 422, path)
    assert.equal((await fetch(url + path)).status, 401, path)
    // The cookie of the page is no token: a page of another site could use it.
    assert.equal(
      (await fetch(url + path, { headers: { cookie: await personCookie(node.node) } })).status,
      401,
      path,
    )
  }
})

test('a token ends when its app or the person says so', async () => {
  const mine = await openClientApp(node.node)
  const other = await openClientApp(node.node)
  const revoke = async (by: typeof mine, what: string) => {
    const body = new URLSearchParams({
      client_id: by.client,
      client_secret: by.secret,
      token: what,
    })
    return (await fetch(`${url}/oauth/revoke`, { method: 'POST', body })).status
  }
  const works = async (one: typeof mine) =>
    (await one.ask('GET', '/api/v1/preferences')).status === 200
  assert.equal(await revoke(other, mine.token), 403)
  assert.ok(await works(mine))
  assert.equal(await revoke(mine, mine.token), 200)
  assert.ok(!(await works(mine)))
  assert.equal(await revoke(mine, 'unknown'), 200)

  const cookie = await personCookie(node.node)
  const list = await (
    await fetch(`${url}/oauth/authorized_applications`, { headers: { cookie } })
  ).text()
  const [, id = ''] = /name="token" value="(\d+)"/.exec(list) ?? []
  await fetch(`${url}/oauth/authorized_applications`, {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ token: id }),
  })
  assert.ok(!(await works(other)))
})

async function registerNamed(name: string) {
  const body = JSON.stringify({ client_name: name, redirect_uris: redirect, scopes: 'read' })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/api/v1/apps`, { method: 'POST', headers, body })
  return { client: ((await answer.json()) as { client_id: string }).client_id }
}
