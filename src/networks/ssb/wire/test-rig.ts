/** Peers for tests: two of ours over TCP on loopback, or one of ours against somebody who writes what they like. */
import { createHash } from 'node:crypto'
import { systemClock, type Clock } from '#base/clock.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { BoxOpener, BoxSealer } from '#networks/ssb/wire/box-stream.ts'
import { secure } from '#networks/ssb/wire/connect.ts'
import { FrameReader, writeHeader, HEADER } from '#networks/ssb/wire/frame.ts'
import type { Limits } from '#networks/ssb/wire/limits.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import { pipePair } from '#networks/ssb/wire/pipe-pair.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { shakeHands } from '#networks/ssb/wire/secret-handshake.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import { tcpCarrier } from '#networks/ssb/wire/tcp.ts'

/** A network key for tests. */
export const TEST_CAPS = Buffer.alloc(32, 7)

/** Keys that a name always gives. */
export function testKeys(name: string): SsbKeys {
  const publicKey = Buffer.alloc(32)
  const secretKey = Buffer.alloc(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, createHash('sha256').update(name).digest())
  return { id: `@${publicKey.toString('base64')}.ed25519`, publicKey, secretKey }
}

export type PairOptions = {
  readonly clock?: Clock
  readonly limits?: Partial<Limits>
  /** What the one who dials answers, and the one who is dialled. */
  readonly client?: Methods
  readonly server?: Methods
  readonly clientName?: string
  readonly serverName?: string
}

/** Two of ours, connected over TCP. */
export type TestPair = AsyncDisposable & { readonly client: Rpc; readonly server: Rpc }

/** Connects two of ours over TCP on loopback. */
export async function connectPair(options: PairOptions = {}): Promise<TestPair> {
  const { clock = systemClock(), limits = {}, client = {}, server = {} } = options
  const common = { caps: TEST_CAPS, clock, limits }
  const taken = Promise.withResolvers<Pipe>()
  const carrier = tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } })
  const listener = await carrier.listen?.(taken.resolve)
  if (!listener) throw new Error('the carrier does not listen')
  const serverKeys = testKeys(options.serverName ?? 'server')
  const clientKeys = testKeys(options.clientName ?? 'client')
  const parts = listener.addresses[0]?.split(':').slice(1) ?? []
  const address = { transport: 'net', parts, peer: serverKeys.id }
  const pipe = await carrier.dial(address, AbortSignal.timeout(5_000))
  const [left, right] = await Promise.all([
    secure(pipe, { ...common, keys: clientKeys, methods: client, remote: serverKeys.publicKey }),
    taken.promise.then((theirs) =>
      secure(theirs, { ...common, keys: serverKeys, methods: server }),
    ),
  ])
  return {
    client: left,
    server: right,
    async [Symbol.asyncDispose]() {
      await Promise.all([left.close(), right.close()])
      await listener[Symbol.asyncDispose]()
    },
  }
}

/** A frame as it arrived at the stranger. */
export type TestFrame = { readonly flags: number; readonly number: number; readonly text: string }

/** Somebody who shook hands with one of ours and now writes what they like. */
export type Stranger = {
  readonly rpc: Rpc
  readonly pipe: Pipe
  readonly sealer: BoxSealer
  /** Sends a frame; resolves when the pipe took it. */
  send(flags: number, number: number, body: string | Uint8Array): Promise<void>
  /** Sends plain bytes in boxes. */
  raw(bytes: Uint8Array): Promise<void>
  /** The next frame of ours; undefined when the connection is gone. */
  next(): Promise<TestFrame | undefined>
}

/** Puts one of ours (the one who was dialled) and a stranger at the two ends of a pipe in memory. */
export async function meetStranger(
  methods: Methods,
  clock: Clock,
  limits: Partial<Limits> = {},
): Promise<Stranger> {
  const [ours, theirs] = pipePair()
  const keys = testKeys('server')
  const [rpc, { session, rest }] = await Promise.all([
    secure(ours, { keys, caps: TEST_CAPS, clock, methods, limits }),
    shakeHands(theirs, {
      keys: testKeys('stranger'),
      caps: TEST_CAPS,
      clock,
      remote: keys.publicKey,
    }),
  ])
  const sealer = new BoxSealer(session.seal)
  const frames = framesOf(rest, new BoxOpener(session.open))
  const raw = async (bytes: Uint8Array): Promise<void> => theirs.write(sealer.seal(bytes))
  return {
    rpc,
    pipe: theirs,
    sealer,
    raw,
    send: (flags, number, body) => raw(frame(flags, number, body)),
    next: async () => (await frames.next()).value ?? undefined,
  }
}

/** A frame's bytes. */
export function frame(flags: number, number: number, body: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(body)
  const out = Buffer.alloc(HEADER + bytes.length)
  writeHeader(out, 0, flags, bytes.length, number)
  out.set(bytes, HEADER)
  return out
}

async function* framesOf(
  source: AsyncIterable<Uint8Array>,
  opener: BoxOpener,
): AsyncGenerator<TestFrame, undefined> {
  const frames: TestFrame[] = []
  const reader = new FrameReader(2 ** 24, (flags, number, bytes) => {
    frames.push({ flags, number, text: Buffer.from(bytes).toString() })
  })
  try {
    for await (const chunk of source) {
      for (const piece of opener.push(chunk).pieces) {
        if (reader.push(piece) === 'goodbye') frames.push({ flags: 0, number: 0, text: 'goodbye' })
      }
      yield* frames.splice(0)
    }
  } catch {
    // the pipe was destroyed
  }
  return undefined
}
