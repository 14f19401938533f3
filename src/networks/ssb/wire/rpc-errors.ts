/** What a call over muxrpc can end with, and how errors travel in it. */
import { MetaLifeError } from '#base/errors.ts'
import { isObject, type Json } from '#base/json.ts'

/** The peer answered with an error; the message is the peer's own. */
export class RemoteError extends MetaLifeError {
  override name = 'RemoteError'
}

/** The connection is gone, so the call can have no answer. */
export class ClosedError extends MetaLifeError {
  override name = 'ClosedError'
}

/** The peer took too long. */
export class TimeoutError extends MetaLifeError {
  override name = 'TimeoutError'
}

/** The peer broke the protocol or a limit; the connection was closed for it. */
export class ProtocolError extends MetaLifeError {
  override name = 'ProtocolError'
}

/** The error that a peer sent, cut to a sane length. */
export function remoteError(bytes: Uint8Array, type: string): RemoteError {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096)).toString()
  const value = type === 'json' ? parse(text) : text
  const message = isObject(value) ? value['message'] : value
  return new RemoteError(typeof message === 'string' ? message.slice(0, 500) : 'no reason given')
}

/**
 * What a peer is told of an error of ours: the sentence of a `MetaLifeError`, and nothing of any other
 * (it may name files of this machine).
 */
export function errorForPeer(error: unknown): Json {
  const known = error instanceof MetaLifeError
  return { name: 'Error', message: known ? error.message : 'internal error', stack: '' }
}

/** Parses JSON of a peer; undefined when it is none. */
export function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
