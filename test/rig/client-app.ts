/** An app of the client API against a running node: registered, let in by the person, asking with its token. */
import { createHash, randomBytes } from 'node:crypto'
import type { RunningNode } from '#node/start-node.ts'

/** An app with its token. */
export type ClientApp = {
  readonly client: string
  readonly secret: string
  readonly token: string
  /** Asks with the token; a plain object is sent as JSON. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Response>
  /** The JSON of an answer that went well. */
  json<T>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T>
}

const redirect = 'com.example.app://callback'

/** Goes the whole way: registration, authorisation by the person with PKCE, token. */
export async function openClientApp(
  node: RunningNode,
  scopes = 'read write follow push',
): Promise<ClientApp> {
  const { url } = node
  const app = await registerApp(url, scopes, redirect)
  const verifier = randomBytes(32).toString('base64url')
  const answer = await decide(node, {
    client_id: app.client,
    redirect_uri: redirect,
    response_type: 'code',
    scope: scopes,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const given = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: app.client,
      client_secret: app.secret,
      redirect_uri: redirect,
      code,
      code_verifier: verifier,
    }),
  })
  const { access_token: token } = (await given.json()) as { access_token: string }
  const ask: ClientApp['ask'] = (method, path, body, headers = {}) =>
    askWith(url, token, method, path, body, headers)
  return {
    ...app,
    token,
    ask,
    async json<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
      const response = await ask(method, path, body, headers)
      const value: unknown = await response.json()
      if (!response.ok)
        throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(value)}`)
      return value as T
    },
  }
}

/** Registers an app. */
export async function registerApp(
  url: string,
  scopes: string,
  redirects: string | readonly string[],
): Promise<{ readonly client: string; readonly secret: string }> {
  const body = JSON.stringify({
    client_name: 'Test app',
    redirect_uris: redirects,
    scopes,
    website: 'https://app.example',
  })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/api/v1/apps`, { method: 'POST', headers, body })
  const { client_id: client, client_secret: secret } = (await answer.json()) as Record<
    string,
    string
  >
  return { client: client ?? '', secret: secret ?? '' }
}

/** Decides as the person, in a browser that has their cookie. */
export async function decide(
  node: RunningNode,
  asked: Readonly<Record<string, string>>,
  decision = 'allow',
): Promise<Response> {
  return await fetch(`${node.url}/oauth/authorize`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: await personCookie(node), 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ ...asked, decision }),
  })
}

/** The cookie that a browser gets for a link that the node shows. */
export async function personCookie(node: RunningNode): Promise<string> {
  const answer = await fetch(node.context.pageLink() ?? '', { redirect: 'manual' })
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

async function askWith(
  url: string,
  token: string,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const plain = body !== undefined && !(body instanceof FormData) && typeof body !== 'string'
  return await fetch(url + path, {
    method,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(plain && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: plain ? JSON.stringify(body) : (body as FormData | string) }),
  })
}
