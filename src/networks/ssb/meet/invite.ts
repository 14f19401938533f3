/**
 * Invites to a pub (protocol guide, "Pub invites"): `host:port:@key.ed25519~seed`, or a multiserver address whose `shs`
 * part carries the seed. The guest connects with the key pair of the seed and asks the pub to follow the real feed.
 */
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { addressText, readAddresses } from '#networks/ssb/meet/address.ts'
import { withDeadline } from '#networks/ssb/meet/deadline.ts'
import { BadAddressError, reasonOf } from '#networks/ssb/meet/errors.ts'
import { bytesOf } from '#networks/ssb/refs.ts'
import type { Carrier } from '#networks/ssb/wire/carrier.ts'
import { secure } from '#networks/ssb/wire/connect.ts'
import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'
import { RemoteError } from '#networks/ssb/wire/rpc-errors.ts'

/** An invite code, read. */
export type Invite = {
  /** A pub's invite is redeemed; a room of version 1 lets everybody in, its invite is only an address. */
  readonly kind: 'pub' | 'room'
  /** `@….ed25519` */
  readonly pub: string
  readonly addresses: readonly MultiserverAddress[]
  /** 32 bytes */
  readonly seed: Uint8Array
}

/** What a redeemed invite gives: the person then follows the pub and publishes its address. */
export type Redeemed = {
  readonly pub: string
  /** Multiserver address. */
  readonly address: string
  /** As a `pub` message names it; absent for carriers other than TCP. */
  readonly named?: { readonly host: string; readonly port: number; readonly key: string }
  /** True when the pub followed us before: the invite is not used up. */
  readonly before: boolean
}

/** The pub did not take the invite. */
export class InviteRefusedError extends MetaLifeError {
  override name = 'InviteRefusedError'
}

/** The pub could not be reached. */
export class InviteUnreachableError extends MetaLifeError {
  override name = 'InviteUnreachableError'
}

/** The seed in the invites of all rooms of version 1 (ssb-room-client). */
const openRoomSeed = 'SSB+Room+PSK3TLYC2T86EHQCUHBUHASCASE18JBV24='
const patience = 30_000

/** Reads an invite code as people paste it; undefined when it is none. Cheap and offline. */
export function readInvite(text: string): Invite | undefined {
  const code = text
    .trim()
    .replace(/^["'](.*)["']$/s, '$1')
    .trim()
    .replace(/#.*$/s, '')
  const legacy = /^(?<address>[^~;]+\.ed25519)~(?<seed>[A-Za-z0-9+/]{43}=)$/.exec(code)?.groups
  const addresses = readAddresses(legacy?.['address'] ?? code)
  const seed = legacy?.['seed'] ? Buffer.from(legacy['seed'], 'base64') : addresses[0]?.seed
  const pub = addresses[0]?.peer
  if (!pub || seed?.length !== 32) return undefined
  const own = addresses.filter((address) => address.peer === pub)
  const kind = Buffer.from(seed).toString('base64') === openRoomSeed ? 'room' : 'pub'
  return { kind, pub, addresses: own, seed }
}

/**
 * Redeems a pub's invite for `self`.
 *
 * @throws BadAddressError, InviteUnreachableError, InviteRefusedError, or the signal's reason
 */
export async function redeemInvite(
  invite: Invite,
  options: {
    readonly self: string
    readonly caps: Uint8Array
    readonly carriers: readonly Carrier[]
    readonly clock: Clock
  },
  signal: AbortSignal,
): Promise<Redeemed> {
  const { carriers } = options
  const ways = invite.addresses.filter((address) =>
    carriers.some((carrier) => carrier.dials(address)),
  )
  if (ways.length === 0)
    throw new BadAddressError('an invite to a pub that can be reached from here')
  let failure: unknown
  for (const address of ways) {
    try {
      const before = await use(invite, address, options, signal)
      return { pub: invite.pub, address: addressText(address), before, ...named(address) }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof InviteRefusedError) throw error
      failure = error
    }
  }
  const reason = reasonOf(failure)
  throw new InviteUnreachableError(`Could not reach the pub: ${reason} Try again later.`, {
    cause: failure,
  })
}

async function use(
  invite: Invite,
  address: MultiserverAddress,
  { self, caps, carriers, clock }: Parameters<typeof redeemInvite>[1],
  signal: AbortSignal,
): Promise<boolean> {
  using deadline = withDeadline(clock, patience, [signal])
  const carrier = carriers.find((candidate) => candidate.dials(address))
  if (!carrier) return false
  const pipe = await carrier.dial(address, deadline.signal)
  const rpc = await secure(pipe, {
    keys: keysOf(invite.seed),
    caps,
    clock,
    remote: bytesOf(invite.pub),
    methods: {},
    signal: deadline.signal,
  })
  try {
    await rpc.call(['invite', 'use'], [{ feed: self }], {
      signal: deadline.signal,
      timeout: patience,
    })
    return false
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    // A pub that follows already says so by an error; for the person it is a success.
    if (/already follow/i.test(error.message)) return true
    throw refusal(error)
  } finally {
    await rpc.close()
  }
}

function refusal(error: RemoteError): InviteRefusedError {
  const { message } = error
  // A pub forgets a code when it is used up, and then does not let its key call the method at all.
  if (/not in list of allowed|no such method|not allowed|manifest/i.test(message)) {
    return new InviteRefusedError(
      'The pub does not know this invite: it was used up, or has expired. Ask for a new one.',
      { cause: error },
    )
  }
  if (/expired/i.test(message))
    return new InviteRefusedError('The invite has expired. Ask for a new one.', { cause: error })
  if (/used/i.test(message))
    return new InviteRefusedError('The invite was already used. Ask for a new one.', {
      cause: error,
    })
  return new InviteRefusedError(`The pub did not take the invite: ${message}`, { cause: error })
}

function named({ transport, parts, peer }: MultiserverAddress): Pick<Redeemed, 'named'> {
  if (transport !== 'net') return {}
  return { named: { host: parts.slice(0, -1).join(':'), port: Number(parts.at(-1)), key: peer } }
}
