/**
 * Signs the person in to a room's web side (Rooms 2, "Sign-in with SSB").
 *
 * A solution is given only when the person asked for this sign-in, in a room of which they are a member: else any room,
 * or any web page with a link, could sign in as them.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { isNonce } from '#networks/ssb/meet/room/links.ts'
import type { Method, Rpc } from '#networks/ssb/wire/rpc.ts'

/** A sign-in was not asked for, or not by a room of ours. */
class SignInError extends MetaLifeError {
  override name = 'SignInError'
}

export interface SignIn {
  /** The method `httpAuth.requestSolution`. */
  readonly method: Method
  /**
   * Starts a sign-in from here: the page to open in the browser within five minutes.
   *
   * @param host the room's web host
   */
  begin(room: string, host: string): URL
  /** Answers a sign-in that the room's page started, with the person's consent; true when the room took it. @throws SignInError */
  answer(rpc: Rpc, sc: string, signal: AbortSignal): Promise<boolean>
  /** Ends every sign-in of ours at the room's web page. */
  signOut(rpc: Rpc, signal: AbortSignal): Promise<void>
}

const lifetime = 300_000
const mostPending = 16
const patience = 30_000

type SignInOptions = {
  readonly keys: SsbKeys
  readonly clock: Clock
  /** True for a connected room of which the person is a member. */
  readonly isMember: (room: string) => boolean
}

/** Makes the signing in; nothing is pending at first. */
export function openSignIn(options: SignInOptions): SignIn {
  return new PendingSignIns(options)
}

class PendingSignIns implements SignIn {
  readonly method: Method
  readonly #options: SignInOptions
  /** By our challenge. */
  readonly #pending = new Map<string, { readonly room: string; readonly until: number }>()

  constructor(options: SignInOptions) {
    this.#options = options
    this.method = {
      type: 'async',
      allow: options.isMember,
      handle: async ([sc, cc], { rpc }) => this.#solve(rpc.remote, sc, cc),
    }
  }

  begin(room: string, host: string): URL {
    const { keys, clock } = this.#options
    this.#demandMember(room)
    const cc = nonce()
    if (this.#pending.size >= mostPending)
      this.#pending.delete(this.#pending.keys().next().value ?? '')
    this.#pending.set(cc, { room, until: clock.now() + lifetime })
    const url = new URL(`https://${host}/login`)
    url.searchParams.set('ssb-http-auth', '1')
    url.searchParams.set('cid', keys.id)
    url.searchParams.set('cc', cc)
    return url
  }

  async answer(rpc: Rpc, sc: string, signal: AbortSignal): Promise<boolean> {
    this.#demandMember(rpc.remote)
    const cc = nonce()
    const solution = solve(this.#options.keys, rpc.remote, sc, cc)
    const call = { signal, timeout: patience }
    return (await rpc.call(['httpAuth', 'sendSolution'], [sc, cc, solution], call)) === true
  }

  async signOut(rpc: Rpc, signal: AbortSignal): Promise<void> {
    await rpc.call(['httpAuth', 'invalidateAllSolutions'], [], { signal, timeout: patience })
  }

  #solve(room: string, sc: unknown, cc: unknown): string {
    const asked = typeof cc === 'string' ? this.#pending.get(cc) : undefined
    const good = asked?.room === room && asked.until >= this.#options.clock.now() && isNonce(sc)
    if (!good || typeof cc !== 'string')
      throw new SignInError('this sign-in was not asked for, or it has expired')
    this.#pending.delete(cc)
    return solve(this.#options.keys, room, sc, cc)
  }

  #demandMember(room: string): void {
    if (this.#options.isMember(room)) return
    throw new SignInError(
      'Not signing in: you are not a member of that room, or it is not connected. Join it first.',
    )
  }
}

function nonce(): string {
  return randomBytes(32).toString('base64')
}

function solve(keys: SsbKeys, sid: string, sc: string, cc: string): string {
  const signature = Buffer.alloc(64)
  sodium.crypto_sign_detached(
    signature,
    Buffer.from(`=http-auth-sign-in:${sid}:${keys.id}:${sc}:${cc}`),
    keys.secretKey,
  )
  return `${signature.toString('base64')}.sig.ed25519`
}
