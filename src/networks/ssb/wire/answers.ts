/** The calls that a peer makes of us: allowed or refused, bounded in number, run and answered. */
import type { Json } from '#base/json.ts'
import { isObject } from '#base/json.ts'
import { END, STREAM, typeBits } from '#networks/ssb/wire/frame.ts'
import { manifestOf } from '#networks/ssb/wire/manifest.ts'
import type { Body, Method, Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { errorForPeer, parse, ProtocolError, RemoteError } from '#networks/ssb/wire/rpc-errors.ts'
import { Stream, type Link } from '#networks/ssb/wire/stream.ts'

export type AnswersOptions = {
  readonly rpc: Rpc
  readonly methods: Methods
  readonly link: Link
  readonly openCalls: number
  /** Calls that may be refused before `broken` hears of it. */
  readonly refusedCalls: number
  readonly broken: (error: Error) => void
  /** A stream of the peer's begins. */
  readonly opened: (stream: Stream) => void
}

type Request = {
  readonly name: readonly string[]
  readonly args: readonly Json[]
  readonly type: string
}
type Streaming = Extract<Method, { readonly type: 'source' | 'duplex' }>

/** A call that is refused, in the words that other stacks look for. */
class RefusedError extends RemoteError {}

export class Answers {
  readonly #options: AnswersOptions
  readonly #running = new Map<number, AbortController>()
  #refused = 0

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /** Takes the first frame of a request number of the peer. What is no request is ignored: it may be late data. */
  take(flags: number, number: number, bytes: Uint8Array): void {
    if ((flags & END) !== 0 || this.#running.has(number)) return
    const stream = (flags & STREAM) !== 0
    const request = readRequest(bytes)
    if (!request) return
    const type = stream ? request.type : 'async'
    const method = this.#find(request, type)
    if (method instanceof RefusedError) this.#deny(flags & STREAM, number, method)
    else if (method.type === 'async') void this.#answer(number, method, request)
    else void this.#stream(number, method, request)
  }

  /** Aborts everything that runs. */
  stop(reason: Error): void {
    for (const controller of this.#running.values()) controller.abort(reason)
  }

  #find(request: Request, type: string): Method | RefusedError {
    const { methods, rpc, openCalls } = this.#options
    const name = request.name.join('.')
    if (this.#running.size >= openCalls) return new RefusedError('too many calls are open')
    if (name === 'manifest' && type === 'async') return manifestMethod(methods, rpc.remote)
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (!method || !allows(method, rpc.remote)) {
      return new RefusedError(`method:${request.name.join(',')} is not in list of allowed methods`)
    }
    if (method.type !== type) return new RefusedError(`no ${type}:${request.name.join(',')}`)
    return method
  }

  /** Somebody who goes on with what is refused every time is not worth the answers. */
  #deny(stream: number, number: number, error: RefusedError): void {
    const { rpc, refusedCalls, broken } = this.#options
    if (++this.#refused <= refusedCalls) this.#refuse(stream, number, error)
    else broken(new ProtocolError(`${rpc.address} makes call after call that is refused.`))
  }

  #refuse(stream: number, number: number, error: unknown): void {
    const bytes = Buffer.from(JSON.stringify(errorForPeer(error)))
    this.#options.link.outbox.put(stream | END | typeBits('json'), -number, bytes)
  }

  async #answer(
    number: number,
    method: Extract<Method, { readonly type: 'async' }>,
    request: Request,
  ): Promise<void> {
    const { rpc, link } = this.#options
    const controller = this.#begin(number)
    try {
      const value = await method.handle(request.args, { rpc, signal: controller.signal })
      const bytes = Buffer.from(JSON.stringify(value ?? null))
      if (bytes.length > link.limits.maxBody) throw new RefusedError('the answer is too long')
      link.outbox.put(typeBits('json'), -number, bytes)
    } catch (error) {
      this.#refuse(0, number, error)
    } finally {
      this.#running.delete(number)
    }
  }

  async #stream(number: number, method: Streaming, { args }: Request): Promise<void> {
    const { rpc, link, opened } = this.#options
    const controller = this.#begin(number)
    const stream = new Stream(link, {
      number: -number,
      oneWay: method.type === 'source',
      reads: method.type === 'duplex',
      stopped: (reason) => controller.abort(reason),
    })
    opened(stream)
    const caller = { rpc, signal: controller.signal }
    try {
      if (method.type === 'source') await pump(method.handle(args, caller), stream, caller.signal)
      else await method.handle(args, caller, stream)
      await stream.end()
      link.forget(stream)
    } catch (error) {
      await stream.end(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#running.delete(number)
    }
  }

  #begin(number: number): AbortController {
    const controller = new AbortController()
    this.#running.set(number, controller)
    return controller
  }
}

async function pump(
  source: AsyncIterable<Body>,
  stream: Stream,
  signal: AbortSignal,
): Promise<void> {
  for await (const body of source) {
    if (signal.aborted) return
    await stream.write(body)
  }
}

function allows(method: Method, remote: string): boolean {
  try {
    return method.allow(remote)
  } catch {
    return false
  }
}

function manifestMethod(methods: Methods, remote: string): Method {
  const allowed = Object.entries(methods).filter(([, method]) => allows(method, remote))
  const manifest = manifestOf(Object.fromEntries(allowed))
  return { type: 'async', allow: () => true, handle: async () => manifest }
}

function readRequest(bytes: Uint8Array): Request | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  const value = parse(text)
  if (!isObject(value)) return undefined
  const { name, args, type } = value
  const path = typeof name === 'string' ? [name] : name
  if (!Array.isArray(path) || path.length === 0 || path.length > 8) return undefined
  if (!path.every((part) => typeof part === 'string' && part.length <= 64)) return undefined
  if (!Array.isArray(args)) return undefined
  return { name: path, args, type: typeof type === 'string' ? type.slice(0, 16) : 'async' }
}
