/** Routes: each declares its shape once; the server, the checks and the OpenAPI document are made from that. */
import type { Context, Hono } from 'hono'
import type { Json } from '#base/json.ts'
import { badRequest, HttpError } from '#http/http-error.ts'
import { object, type Fields, type Shape, type ValuesOf } from '#http/shape.ts'

/** What a route is given: checked values, and the request for what streams. */
export type Call<P, Q, B> = {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly request: Request
  /** The `Idempotency-Key` header. */
  readonly key?: string
}

/** The declaration of a route, its types erased. */
export type Route<C> = {
  readonly method: 'get' | 'post' | 'put' | 'delete'
  /** With `{name}` for parameters; a parameter may hold any text, URL-encoded. */
  readonly path: string
  readonly summary: string
  readonly params: Fields
  readonly query: Fields
  /** A shape, `bytes` for a raw upload, or nothing. */
  readonly body: Shape<unknown> | 'bytes' | undefined
  readonly answer: Shape<unknown> | 'bytes' | 'events' | undefined
  readonly status: 200 | 201 | 202 | 204
  readonly run: (context: C, call: Call<unknown, unknown, unknown>) => Promise<unknown>
}

/** Builds a route whose `run` sees the types of its shapes. */
export function route<C>() {
  return <P extends Fields = {}, Q extends Fields = {}, B = undefined>(given: {
    readonly method: Route<C>['method']
    readonly path: string
    readonly summary: string
    readonly params?: P
    readonly query?: Q
    readonly body?: Shape<B> | 'bytes'
    readonly answer?: Shape<unknown> | 'bytes' | 'events'
    readonly status?: Route<C>['status']
    /** A `Response` is passed on; anything else is answered as JSON. */
    readonly run: (context: C, call: Call<ValuesOf<P>, ValuesOf<Q>, B>) => Promise<unknown>
  }): Route<C> => ({
    params: {},
    query: {},
    body: undefined,
    answer: undefined,
    status: given.answer ? 200 : 204,
    ...given,
    run: given.run as Route<C>['run'],
  })
}

/** Puts routes on an app under `base`. */
export function mount<C>(app: Hono, base: string, routes: readonly Route<C>[], context: C): void {
  for (const declared of routes) {
    const path = base + declared.path.replaceAll(/\{(\w+)\}/g, ':$1')
    const params = object(declared.params)
    const query = object(declared.query)
    app.on(declared.method.toUpperCase(), path, async (c) => {
      const call = {
        params: params.parse(c.req.param(), 'The path'),
        query: query.parse(queryOf(c, declared.query), 'The query'),
        body: await bodyOf(c, declared.body),
        request: c.req.raw,
        ...keyOf(c),
      }
      return respond(await declared.run(context, call), declared.status)
    })
  }
}

function respond(answer: unknown, status: number): Response {
  if (answer instanceof Response) return answer
  const headers = { 'cache-control': 'no-store' }
  if (status === 204) return new Response(null, { status, headers })
  return Response.json(answer, { status, headers })
}

function queryOf(c: Context, fields: Fields): Record<string, Json> {
  const values: Record<string, Json> = {}
  for (const [name, all] of Object.entries(c.req.queries())) {
    const [first = '', second] = all
    if (second !== undefined) throw badRequest(`The query gives “${name.slice(0, 40)}” twice.`)
    const type = Object.hasOwn(fields, name) ? fields[name]?.schema['type'] : undefined
    if (type === 'integer' && /^-?\d{1,16}$/.test(first)) values[name] = Number(first)
    else if (type === 'boolean' && /^(true|false)$/.test(first)) values[name] = first === 'true'
    else values[name] = first
  }
  return values
}

async function bodyOf(c: Context, shape: Route<unknown>['body']): Promise<unknown> {
  if (shape === undefined || shape === 'bytes') return undefined
  const type = c.req.header('content-type') ?? ''
  if (!/^application\/json\b/i.test(type)) {
    throw new HttpError(415, 'unsupported_media_type', 'The body must be application/json.')
  }
  const source = await c.req.text()
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch {
    throw badRequest('The body is not JSON.')
  }
  return shape.parse(value, 'The body')
}

function keyOf(c: Context): { key?: string } {
  const key = c.req.header('idempotency-key')
  if (key === undefined) return {}
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw badRequest('The header Idempotency-Key must be 1 to 128 visible ASCII characters.')
  }
  return { key }
}
