/** A network of hosts in memory: pipes without sockets, for tests that own the clock. Lines can be refused or go dead. */
import type { Carrier } from '#networks/ssb/wire/carrier.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'

export interface MemoryNetwork {
  /** A carrier for `net:host:port` addresses that listens at that name. */
  carrier(host: string): Carrier
  /** Dials to that host fail while it is here. */
  readonly refused: Set<string>
  /** Dials to that host never answer while it is here. */
  readonly mute: Set<string>
  /** Every line swallows what is written from now on, as when the machine at the other end vanished. */
  killLines(): void
  /** Times of dials, by host. */
  readonly dials: string[]
}

/** Makes an empty network. */
export function memoryNetwork(): MemoryNetwork {
  const listening = new Map<string, (pipe: Pipe) => void>()
  const lines = new Set<{ dead: boolean }>()
  const dials: string[] = []
  const refused = new Set<string>()
  const mute = new Set<string>()
  let port = 40_000

  return {
    refused,
    mute,
    dials,
    killLines: () => lines.forEach((line) => (line.dead = true)),
    carrier: (host) => ({
      name: 'net',
      dials: ({ transport }) => transport === 'net',
      async dial({ parts }, signal) {
        const [target = ''] = parts
        dials.push(target)
        if (mute.has(target)) await aborted(signal)
        const take = listening.get(target)
        if (!take || refused.has(target)) throw new Error('nothing listens there')
        const line = { dead: false }
        lines.add(line)
        const [near, far] = pipePair(line, `net:${host}:${port++}`, `net:${target}:1`)
        take(far)
        return near
      },
      async listen(take) {
        listening.set(host, take)
        return {
          addresses: [`net:${host}:1`],
          [Symbol.asyncDispose]: async () => void listening.delete(host),
        }
      },
    }),
  }
}

/** Two ends of one line: what one writes the other reads. */
export function pipePair(
  line: { dead: boolean } = { dead: false },
  near = 'near',
  far = 'far',
): [Pipe, Pipe] {
  const there = queue()
  const back = queue()
  const end = (out: Queue, into: Queue, remote: string): Pipe => ({
    remote,
    source: into.read(),
    async write(bytes) {
      if (out.closed) throw new Error('the pipe is closed')
      if (!line.dead) await out.push(Uint8Array.from(bytes))
    },
    async end() {
      if (!line.dead) out.close()
    },
    destroy(cause) {
      into.close(cause)
      if (!line.dead) out.close()
    },
  })
  return [end(there, back, far), end(back, there, near)]
}

type Queue = {
  closed: boolean
  push(bytes: Uint8Array): Promise<void>
  close(cause?: Error): void
  read(): AsyncIterable<Uint8Array>
}

function queue(): Queue {
  const chunks: Uint8Array[] = []
  let wake = Promise.withResolvers<void>()
  let taken = Promise.withResolvers<void>()
  let failure: Error | undefined
  const self: Queue = {
    closed: false,
    async push(bytes) {
      chunks.push(bytes)
      wake.resolve()
      while (chunks.length > 64 && !self.closed) await taken.promise
    },
    close(cause) {
      failure ??= cause
      self.closed = true
      wake.resolve()
      taken.resolve()
    },
    async *read() {
      for (;;) {
        const chunk = chunks.shift()
        if (chunk) {
          taken.resolve()
          taken = Promise.withResolvers()
          yield chunk
        } else if (self.closed) {
          if (failure) throw failure
          return
        } else {
          wake = Promise.withResolvers()
          await wake.promise
        }
      }
    },
  }
  return self
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
