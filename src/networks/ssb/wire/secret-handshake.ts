/**
 * The secret handshake over a pipe: both sides learn who the other is, an observer learns nothing.
 *
 * Whatever goes wrong, the other side only sees the pipe close.
 */
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { ByteReader } from '#networks/ssb/wire/byte-reader.ts'
import * as messages from '#networks/ssb/wire/handshake-messages.ts'
import type { LongTermKeys, Session } from '#networks/ssb/wire/handshake-messages.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'

/** No secret connection came about. */
export class HandshakeError extends MetaLifeError {
  override name = 'HandshakeError'
}

export type HandshakeOptions = {
  readonly keys: LongTermKeys
  /** The network key, 32 bytes. */
  readonly caps: Uint8Array
  readonly clock: Clock
  /** Milliseconds for all of it; 15,000 by default. */
  readonly timeout?: number
  readonly signal?: AbortSignal
  /** The peer's public key (32 bytes) when we dialled; absent when we were dialled. */
  readonly remote?: Uint8Array
  /** Server: is this public key welcome? Everybody is, by default. */
  readonly authorise?: (peer: Uint8Array) => boolean | Promise<boolean>
}

/** What the handshake leaves: the session's keys and the rest of the pipe's source. */
export type Secured = { readonly session: Session; readonly rest: AsyncIterable<Uint8Array> }

/**
 * Shakes hands as client (with `remote`) or as server.
 *
 * @throws HandshakeError, or the signal's reason; the pipe is destroyed then
 */
export async function shakeHands(pipe: Pipe, options: HandshakeOptions): Promise<Secured> {
  const { clock, signal, timeout = 15_000 } = options
  const stop = Promise.withResolvers<never>()
  const timer = clock.after(timeout, () => {
    stop.reject(failed(pipe, `it took longer than ${timeout / 1000} s`))
  })
  const abort = (): void => stop.reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  try {
    const reader = new ByteReader(pipe.source)
    const { remote } = options
    const work = remote ? asClient(pipe, reader, remote, options) : asServer(pipe, reader, options)
    const session = await Promise.race([stop.promise, work])
    return { session, rest: reader.rest() }
  } catch (error) {
    pipe.destroy()
    throw error
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', abort)
  }
}

async function asClient(
  pipe: Pipe,
  reader: ByteReader,
  server: Uint8Array,
  { keys, caps }: HandshakeOptions,
): Promise<Session> {
  const hello = messages.makeHello(caps)
  await pipe.write(hello.message)
  const theirs = await read(pipe, reader, messages.HELLO_BYTES)
  const shared = theirs && messages.takeHello(caps, hello, theirs)
  if (!shared) throw failed(pipe, 'it speaks another protocol or belongs to another network')
  const proof = messages.makeProof(shared, keys, server)
  if (!proof) throw failed(pipe, 'the key in its address is not a usable key')
  await pipe.write(proof.message)
  const accept = await read(pipe, reader, messages.ACCEPT_BYTES)
  if (!accept) throw failed(pipe, 'it hung up: it has another key, or does not want to talk to us')
  const session = messages.takeAccept(shared, proof, keys, server, accept)
  if (!session) throw failed(pipe, 'it could not prove its key')
  return session
}

async function asServer(
  pipe: Pipe,
  reader: ByteReader,
  { keys, caps, authorise }: HandshakeOptions,
): Promise<Session> {
  const theirs = await read(pipe, reader, messages.HELLO_BYTES)
  const hello = messages.makeHello(caps)
  const shared = theirs && messages.takeHello(caps, hello, theirs)
  if (!shared) throw failed(pipe, 'it speaks another protocol or belongs to another network')
  await pipe.write(hello.message)
  const message = await read(pipe, reader, messages.PROOF_BYTES)
  const proof = message && messages.takeProof(shared, keys, message)
  if (!proof) throw failed(pipe, 'it expected another key than ours, or hung up')
  if (authorise && !(await authorise(proof.session.peer))) throw failed(pipe, 'it is not welcome')
  await pipe.write(proof.accept)
  return proof.session
}

/** A pipe that breaks while we read is a hang-up like any other. */
async function read(
  pipe: Pipe,
  reader: ByteReader,
  length: number,
): Promise<Uint8Array | undefined> {
  try {
    return await reader.read(length)
  } catch (cause) {
    throw failed(pipe, 'the connection broke', cause)
  }
}

function failed(pipe: Pipe, why: string, cause?: unknown): HandshakeError {
  return new HandshakeError(`No secret connection with ${pipe.remote}: ${why}.`, { cause })
}
