/** Server-sent events (HTML standard, section 9.2) from an async iterable, pulled only as fast as the reader reads. */
import type { Clock, Timer } from '#base/clock.ts'

/** One event; `data` is sent as JSON. */
export type ServerEvent = { readonly event: string; readonly data: unknown }

/**
 * Answers with a stream of events; a comment line every `heartbeat` ms keeps proxies from closing it.
 *
 * `open` is called with a signal that ends when the reader goes away or `signal` is aborted. At most one event waits
 * in memory: the source is asked for the next one when the reader has taken the last.
 */
export function eventStream(
  open: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
  options: { readonly clock: Clock; readonly signal: AbortSignal; readonly heartbeat?: number },
): Response {
  const { clock, signal, heartbeat = 20_000 } = options
  const gone = new AbortController()
  const ended = AbortSignal.any([signal, gone.signal])
  const source = open(ended)[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let beat: Timer | undefined
  const stop = (): void => {
    beat?.cancel()
    gone.abort(new Error('The reader of the events went away.'))
    source.return?.().catch(() => undefined)
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode('retry: 2000\n\n'))
        const next = (): void => {
          beat = clock.after(heartbeat, () => {
            if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(':\n\n'))
            next()
          })
        }
        next()
      },
      async pull(controller) {
        const end = (): void => {
          stop()
          controller.close()
        }
        try {
          const result = await untilAborted(source.next(), ended)
          if (result.done) return end()
          const { event, data } = result.value
          controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
        } catch (error) {
          if (gone.signal.aborted) return
          if (signal.aborted) return end()
          stop()
          controller.error(error)
        }
      },
      cancel: stop,
    },
    { highWaterMark: 2 },
  )
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  })
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
