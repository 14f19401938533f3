/** Server-sent events (HTML standard, section 9.2) from an async iterable, pulled only as fast as the reader reads. */
import type { UnderlyingSource } from 'node:stream/web'
import type { Clock, Timer } from '#base/clock.ts'

/** One event; `data` is sent as JSON. */
export type ServerEvent = { readonly event: string; readonly data: unknown }

type Options = {
  readonly clock: Clock
  /** Ends the stream with the node. */
  readonly signal: AbortSignal
  /** Milliseconds between the comment lines that keep proxies from closing a quiet stream. */
  readonly heartbeat?: number
}

/**
 * Answers with a stream of events.
 *
 * `open` is called with a signal that ends when the reader goes away or `options.signal` is aborted. At most two events
 * wait in memory: the source is asked for the next one when the reader has taken the last.
 */
export function eventStream(
  open: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
  options: Options,
): Response {
  const body = new ReadableStream<Uint8Array>(streamOf(open, options), { highWaterMark: 2 })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  })
}

function streamOf(
  open: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
  { clock, signal, heartbeat = 20_000 }: Options,
): UnderlyingSource<Uint8Array> {
  const gone = new AbortController()
  const ended = AbortSignal.any([signal, gone.signal])
  const source = open(ended)[Symbol.asyncIterator]()
  let beat: Timer | undefined
  const stop = (): void => {
    beat?.cancel()
    gone.abort(new Error('The reader of the events went away.'))
    source.return?.().catch(() => undefined)
  }
  return {
    start(controller) {
      controller.enqueue(encode('retry: 2000\n\n'))
      const later = (): void => {
        beat = clock.after(heartbeat, () => {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encode(':\n\n'))
          later()
        })
      }
      later()
    },
    async pull(controller) {
      const next = await untilAborted(source.next(), ended).catch((error: unknown) => ({ error }))
      if (gone.signal.aborted) return
      if ('error' in next && !signal.aborted) {
        stop()
        return controller.error(next.error)
      }
      if ('error' in next || next.done) {
        stop()
        return controller.close()
      }
      const { event, data } = next.value
      controller.enqueue(encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
    },
    cancel: stop,
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
