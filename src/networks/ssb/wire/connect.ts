import type { Clock } from '#base/clock.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { bytesOf, feedIdOf } from '#networks/ssb/refs.ts'
import { Connection } from '#networks/ssb/wire/connection.ts'
import { DEFAULT_LIMITS, type Limits } from '#networks/ssb/wire/limits.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { shakeHands } from '#networks/ssb/wire/secret-handshake.ts'

export type SecureOptions = {
  readonly keys: Pick<SsbKeys, 'publicKey' | 'secretKey'>
  /** The network key, 32 bytes. */
  readonly caps: Uint8Array
  readonly clock: Clock
  /** The peer's public key (32 bytes) or feed id when we dialled; absent when we were dialled. */
  readonly remote?: Uint8Array | string
  readonly methods: Methods
  readonly limits?: Partial<Limits>
  /** For people; the pipe's own by default. */
  readonly address?: string
  /** Ends the handshake; an open connection is closed with `Rpc.close`. */
  readonly signal?: AbortSignal
  /** When we were dialled: is this feed id welcome? Everybody is, by default. */
  readonly authorise?: (peer: string) => boolean | Promise<boolean>
}

/**
 * Makes a pipe secret and opens muxrpc over it, as client (with `remote`) or as server.
 *
 * @throws HandshakeError, or the signal's reason; the pipe is destroyed then
 */
export async function secure(pipe: Pipe, options: SecureOptions): Promise<Rpc> {
  const { keys, caps, clock, remote, methods, signal, authorise } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const secured = await shakeHands(pipe, {
    keys,
    caps,
    clock,
    timeout: limits.handshake,
    ...(remote && { remote: typeof remote === 'string' ? bytesOf(remote) : remote }),
    ...(signal && { signal }),
    ...(authorise && { authorise: (peer) => authorise(feedIdOf(peer)) }),
  })
  const address = options.address ?? pipe.remote
  const outgoing = remote !== undefined
  const peer = feedIdOf(secured.session.peer)
  return new Connection({ pipe, secured, peer, clock, methods, limits, address, outgoing })
}
