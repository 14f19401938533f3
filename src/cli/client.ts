/** The local API as commands use it: the same requests go to a running node or to a home opened in this process. */
import { MetaLifeError } from '#base/errors.ts'
import { isObject, type Json } from '#base/json.ts'

/** Where requests go. */
export interface NodeClient extends AsyncDisposable {
  /** False when this process opened the home itself: there are no peers then. */
  readonly running: boolean
  get<T = Json>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<T>
  send<T = Json>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<T>
  /** The bare exchange, for files. @throws ApiError */
  request(method: string, path: string, body?: AsyncIterable<Uint8Array>): Promise<Response>
  /** Server-sent events, until the stream or the signal ends. */
  events(
    path: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly event: string; readonly data: Json }>
}

/** The node refused. */
export class ApiError extends MetaLifeError {
  override name = 'ApiError'
  override readonly exitCode: 1 | 2
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
    this.exitCode = status === 400 ? 2 : 1
  }
}

/** How a client reaches its node. */
export type Reach = {
  readonly running: boolean
  /** Up to and with `/api/metalife/v1`. */
  readonly base: string
  readonly token: string
  readonly fetch: (request: Request) => Promise<Response>
  readonly close: () => Promise<void>
}

/** Makes a client of a way to reach a node. */
export function nodeClient({ running, base, token, fetch, close }: Reach): NodeClient {
  const exchange = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${token}`)
    const answer = await fetch(new Request(base + path, { ...init, headers }))
    if (!answer.ok) throw await apiError(answer)
    return answer
  }
  return {
    running,
    async get<T>(path: string, query: Readonly<Record<string, string | undefined>> = {}) {
      const given = Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      )
      const search = given.length > 0 ? `?${new URLSearchParams(given).toString()}` : ''
      return (await (await exchange(path + search, {})).json()) as T
    },
    async send<T>(method: string, path: string, body?: unknown, key?: string) {
      const headers = {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      }
      const text = body === undefined ? null : JSON.stringify(body)
      const answer = await exchange(path, { method, headers, body: text })
      return (answer.status === 204 ? undefined : await answer.json()) as T
    },
    request: (method, path, body) =>
      exchange(path, { method, ...(body && { body: ReadableStream.from(body), duplex: 'half' }) }),
    async *events(path, signal) {
      const answer = await exchange(path, { signal })
      let rest = ''
      for await (const text of (answer.body ?? new Blob([]).stream()).pipeThrough(
        new TextDecoderStream(),
      )) {
        const parts = (rest + text).split('\n\n')
        rest = parts.pop() ?? ''
        for (const part of parts) yield* parseEvent(part)
      }
    },
    [Symbol.asyncDispose]: close,
  }
}

/** Escapes a name for a path. */
export function segment(name: string): string {
  return encodeURIComponent(name)
}

function* parseEvent(part: string): Generator<{ readonly event: string; readonly data: Json }> {
  const field = (name: string): string | undefined =>
    part
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  const data = field('data')
  if (data !== undefined)
    yield { event: field('event') ?? 'message', data: JSON.parse(data) as Json }
}

async function apiError(answer: Response): Promise<ApiError> {
  const text = await answer.text()
  try {
    const value: unknown = JSON.parse(text)
    const said = isObject(value) ? value['error_description'] : undefined
    if (typeof said === 'string') return new ApiError(answer.status, said)
  } catch {
    // Not JSON: the status must do.
  }
  return new ApiError(answer.status, `The node answered with status ${answer.status}.`)
}
