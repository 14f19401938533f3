/**
 * A `fetch` for addresses that strangers choose: it reaches the open internet only (no server-side request forgery).
 *
 * The address is checked after the name is resolved, at the moment of connecting, on every hop of a redirect.
 */
import { lookup as resolveName } from 'node:dns'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { MetaLifeError } from '#base/errors.ts'
import { isPublicAddress } from '#http/address-ranges.ts'

/** A request was refused or broken off by the guard. */
export class GuardedFetchError extends MetaLifeError {
  override name = 'GuardedFetchError'
}

/** What the guard allows. */
export type GuardOptions = {
  /** Whether an address may be connected to; public ones when left out. */
  readonly allow?: (address: string) => boolean
  /** Milliseconds for the whole exchange, body included. */
  readonly timeout?: number
  /** Most bytes of a body. */
  readonly maxBytes?: number
  readonly maxRedirects?: number
}

/** Makes a guarded `fetch`. It rejects with GuardedFetchError, or with the reason of the caller's signal. */
export function guardedFetch(options: GuardOptions = {}): typeof globalThis.fetch {
  const rules: Required<GuardOptions> = {
    allow: isPublicAddress,
    timeout: 30_000,
    maxBytes: 10_485_760,
    maxRedirects: 5,
    ...options,
  }
  return async (input, init) => {
    let request = new Request(input, init)
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(rules.timeout)])
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined
    for (let hop = 0; ; hop++) {
      const answer = await send(request, body, rules, signal)
      const location = answer.headers.get('location')
      const redirects = [301, 302, 303, 307, 308].includes(answer.status) && location !== null
      if (!redirects || request.redirect === 'manual') return answer
      await answer.body?.cancel()
      if (request.redirect === 'error' || hop >= rules.maxRedirects) {
        throw new GuardedFetchError(`${request.url} redirects too often.`)
      }
      request = redirected(request, location, answer.status)
      if (body && request.method !== 'GET') {
        throw new GuardedFetchError(`${request.url}: a request with a body was redirected.`)
      }
    }
  }
}

function redirected(request: Request, location: string, status: number): Request {
  const target = URL.parse(location, request.url)
  if (!target) throw new GuardedFetchError(`${request.url} redirects to no address.`)
  const headers = new Headers(request.headers)
  if (target.origin !== new URL(request.url).origin) {
    headers.delete('authorization')
    headers.delete('cookie')
  }
  const keeps = status === 307 || status === 308 || request.method === 'HEAD'
  return new Request(target, {
    method: keeps ? request.method : 'GET',
    headers,
    redirect: 'follow',
  })
}

function send(
  request: Request,
  body: Uint8Array | undefined,
  rules: Required<GuardOptions>,
  signal: AbortSignal,
): Promise<Response> {
  const url = new URL(request.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new GuardedFetchError(`${url.protocol} addresses are not fetched.`)
  }
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0 && !rules.allow(literal)) throw privateAddress(url.hostname)
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const outgoing = open(url, {
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' },
      lookup: guardedLookup(rules.allow),
      agent: false,
      maxHeaderSize: 32_768,
      signal,
    })
    outgoing.once('error', (error) =>
      reject(signal.aborted ? reasonOf(signal, url) : failed(url, error)),
    )
    outgoing.once('response', (incoming) => {
      try {
        resolve(toResponse(incoming, url, rules.maxBytes))
      } catch (error) {
        incoming.destroy()
        reject(error)
      }
    })
    outgoing.end(body)
  })
}

function toResponse(incoming: IncomingMessage, url: URL, maxBytes: number): Response {
  const tooBig = (): GuardedFetchError =>
    new GuardedFetchError(`The answer of ${url.host} is longer than ${maxBytes} bytes.`)
  const encoding = incoming.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    throw new GuardedFetchError(
      `${url.host} answers in the encoding ${encoding}, which was not asked for.`,
    )
  }
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooBig()
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const status = incoming.statusCode ?? 502
  const empty = [204, 205, 304].includes(status)
  async function* bounded(): AsyncGenerator<Uint8Array> {
    let seen = 0
    for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
      seen += chunk.byteLength
      if (seen > maxBytes) throw tooBig()
      yield chunk
    }
  }
  if (empty) incoming.resume()
  const stream = empty
    ? null
    : (Readable.toWeb(Readable.from(bounded())) as ReadableStream<Uint8Array>)
  const response = new Response(stream, { status, headers })
  Object.defineProperty(response, 'url', { value: url.href })
  return response
}

function guardedLookup(allow: (address: string) => boolean): LookupFunction {
  return (name, options, done) => {
    resolveName(name, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 0)
      const allowed = found.filter((one) => allow(one.address))
      const [first] = allowed
      if (!first) return done(privateAddress(name), '', 0)
      if (options.all) return done(null, allowed)
      done(null, first.address, first.family)
    })
  }
}

function privateAddress(host: string): GuardedFetchError {
  return new GuardedFetchError(`${host} is not an address on the open internet.`)
}

function failed(url: URL, error: Error): Error {
  if (error instanceof GuardedFetchError) return error
  return new GuardedFetchError(`${url.host} was not reached: ${error.message}.`, { cause: error })
}

function reasonOf(signal: AbortSignal, url: URL): unknown {
  const reason: unknown = signal.reason
  const late = reason instanceof DOMException && reason.name === 'TimeoutError'
  return late ? new GuardedFetchError(`${url.host} took too long to answer.`) : reason
}
