/** What can go wrong when people are to be met, in sentences for people. */
import { MetaLifeError } from '#base/errors.ts'

/** A peer could not be reached. */
export class ConnectError extends MetaLifeError {
  override name = 'ConnectError'
  constructor(address: string, reason: string, options?: ErrorOptions) {
    const end = reason.endsWith('.') ? '' : '.'
    super(`Could not connect${address ? ` to ${address}` : ''}: ${reason}${end}`, options)
  }
}

/** The person blocks this peer. */
export class BlockedPeerError extends MetaLifeError {
  override name = 'BlockedPeerError'
  constructor(peer: string, reason: string) {
    super(`Not connecting to ${peer}: ${reason}. Unblock them first.`)
  }
}

/** The node has as many connections as it may. */
export class TooManyConnectionsError extends MetaLifeError {
  override name = 'TooManyConnectionsError'
  constructor(limit: number) {
    super(`There are already ${limit} connections. Disconnect a peer, or raise the limit.`)
  }
}

/** What a person gave is not an address, a link or a code. */
export class BadAddressError extends MetaLifeError {
  override name = 'BadAddressError'
  override readonly exitCode = 2
  constructor(what: string) {
    super(`This is not ${what}. Check that it was copied whole.`)
  }
}

/** The dial took too long. */
export class PatienceError extends MetaLifeError {
  override name = 'PatienceError'
  constructor(ms: number) {
    super(`no answer within ${Math.round(ms / 1_000)} s`)
  }
}

/** A tunnel through a room was refused or has ended. */
export class TunnelError extends MetaLifeError {
  override name = 'TunnelError'
}

/** The sentence of whatever was thrown. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
