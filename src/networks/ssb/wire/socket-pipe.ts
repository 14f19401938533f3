/** A TCP socket as a pipe. */
import type { Socket } from 'node:net'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'

/** Bytes that wait for the reader before the socket is paused. */
const HIGH_WATER = 256 * 1024

class SocketClosedError extends Error {
  override name = 'SocketClosedError'
}

/** Wraps a connected socket (made with `allowHalfOpen`). `remote`: its address for people. */
export function socketPipe(socket: Socket, remote: string): Pipe {
  let broken: Error | undefined
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 60_000)
  // Nobody may be listening when a socket fails; what it said is kept for the next reader or writer.
  socket.on('error', (error) => (broken ??= error))
  const closedError = (): Error =>
    broken ?? new SocketClosedError(`The connection to ${remote} is closed.`)
  return {
    remote,
    source: chunksOf(socket, () => broken),
    write: (bytes) => write(socket, bytes, closedError),
    end: () => end(socket),
    destroy(cause) {
      broken ??= cause
      socket.destroy()
    },
  }
}

function write(socket: Socket, bytes: Uint8Array, closedError: () => Error): Promise<void> {
  if (socket.destroyed || socket.writableEnded) return Promise.reject(closedError())
  if (socket.write(bytes)) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const drained = (): void => {
      socket.off('close', closed)
      resolve()
    }
    const closed = (): void => {
      socket.off('drain', drained)
      reject(closedError())
    }
    socket.once('drain', drained)
    socket.once('close', closed)
  })
}

function end(socket: Socket): Promise<void> {
  if (socket.destroyed || socket.writableEnded) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.end(() => resolve())
  })
}

function chunksOf(socket: Socket, broken: () => Error | undefined): AsyncIterable<Uint8Array> {
  let chunks: Uint8Array[] = []
  let waiting = 0
  let ended = false
  let wake: (() => void) | undefined
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const finish = (): void => {
    ended = true
    notify()
  }
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    waiting += chunk.length
    if (waiting >= HIGH_WATER) socket.pause()
    notify()
  })
  socket.once('end', finish)
  socket.once('close', finish)
  async function next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const chunk = chunks.shift()
      if (chunk) {
        waiting -= chunk.length
        if (waiting < HIGH_WATER && socket.isPaused()) socket.resume()
        return { done: false, value: chunk }
      }
      const error = broken()
      if (error) throw error
      if (ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        chunks = []
        socket.destroy()
        return { done: true, value: undefined }
      },
    }),
  }
}
