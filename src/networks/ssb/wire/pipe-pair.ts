/** Two pipes joined in memory: what one writes the other reads. For tests and for whatever meets inside one process. */
import type { Pipe } from '#networks/ssb/wire/pipe.ts'

class BrokenPipeError extends Error {
  override name = 'BrokenPipeError'
}

type Side = {
  readonly chunks: Uint8Array[]
  bytes: number
  ended: boolean
  broken: Error | undefined
  readable: (() => void) | undefined
  writable: (() => void) | undefined
}

/** Makes the pair. `highWater`: bytes on the way in one direction before its writer waits. */
export function pipePair(highWater = 64 * 1024): readonly [Pipe, Pipe] {
  const first = emptySide()
  const second = emptySide()
  return [join(first, second, highWater), join(second, first, highWater)]
}

function emptySide(): Side {
  return {
    chunks: [],
    bytes: 0,
    ended: false,
    broken: undefined,
    readable: undefined,
    writable: undefined,
  }
}

/** The end that reads from `incoming` and writes to `outgoing`. */
function join(incoming: Side, outgoing: Side, highWater: number): Pipe {
  const breakAll = (cause: Error): void => {
    for (const side of [incoming, outgoing]) {
      side.broken ??= cause
      wake(side)
    }
  }
  return {
    remote: 'memory',
    source: read(incoming, breakAll),
    async write(bytes) {
      if (outgoing.broken || outgoing.ended)
        throw outgoing.broken ?? new BrokenPipeError('the pipe is closed')
      // The reader may change what it reads.
      outgoing.chunks.push(Uint8Array.from(bytes))
      outgoing.bytes += bytes.length
      outgoing.readable?.()
      while (outgoing.bytes >= highWater) {
        await new Promise<void>((resolve) => (outgoing.writable = resolve))
        if (outgoing.broken) throw outgoing.broken
      }
    },
    async end() {
      outgoing.ended = true
      outgoing.readable?.()
    },
    destroy: (cause = new BrokenPipeError('the pipe was closed')) => breakAll(cause),
  }
}

async function* read(side: Side, breakAll: (cause: Error) => void): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const chunk = side.chunks.shift()
      if (side.broken) throw side.broken
      if (chunk) {
        side.bytes -= chunk.length
        side.writable?.()
        yield chunk
      } else if (side.ended) {
        return
      } else {
        await new Promise<void>((resolve) => (side.readable = resolve))
      }
    }
  } finally {
    if (!side.ended) breakAll(new BrokenPipeError('the reader left'))
  }
}

function wake(side: Side): void {
  side.readable?.()
  side.writable?.()
}
