/**
 * Signs the person in to a room's web side (Rooms 2, "Sign-in with SSB").
 *
 * A solution is given only when the person asked for this sign-in, in a room of which they are a member: else any room,
 * or any web page with a link, could sign in as them.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { sodium } from '#networks/ssb/feed/sodium.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { isNonce } from '#networks/ssb/meet/room/links.ts'
import type { Method, Rpc } from '#networks/ssb/wire/rpc.ts'

/** A sign-in was not asked for, or not by a room of ours. */
export class SignInError extends MetaLifeError {
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
  /** Ends every web session that the room has of us. */
  signOut(rpc: Rpc, signal: AbortSignal): Promise<void>
}

const lifetime = 300_000
const mostPending = 16
const patience = 30_000

/** @param options.isMember true for a connected room of which the person is a member */
export function openSignIn(options: { readonly keys: SsbKeys; readonly clock: Clock; readonly isMember: (room: string) => boolean }): SignIn {
  const { keys, clock, isMember } = options
  const pending = new Map<string, { readonly room: string; readonly until: number }>()

  function demandMember(room: string): void {
    if (!isMember(room)) throw new SignInError('Not signing in: you are not a member of that room, or it is not connected. Join it first.')
  }
  return {
    method: {
      type: 'async',
      allow: isMember,
      handle([sc, cc], { rpc }) {
        const asked = typeof cc === 'string' ? pending.get(cc) : undefined
        if (typeof cc === 'string' && asked?.room === rpc.remote) pending.delete(cc)
        if (!isNonce(sc) || typeof cc !== 'string' || asked?.room !== rpc.remote || asked.until < clock.now()) {
          return Promise.reject(new SignInError('this sign-in was not asked for, or it has expired'))
        }
        return Promise.resolve(solve(keys, rpc.remote, sc, cc))
      },
    },
    begin(room, host) {
      demandMember(room)
      const cc = randomBytes(32).toString('base64')
      if (pending.size >= mostPending) pending.delete(pending.keys().next().value ?? '')
      pending.set(cc, { room, until: clock.now() + lifetime })
      const url = new URL(`https://${host}/login`)
      url.searchParams.set('ssb-http-auth', '1')
      url.searchParams.set('cid', keys.id)
      url.searchParams.set('cc', cc)
      return url
    },
    async answer(rpc, sc, signal) {
      demandMember(rpc.remote)
      const cc = randomBytes(32).toString('base64')
      const answer = await rpc.call(['httpAuth', 'sendSolution'], [sc, cc, solve(keys, rpc.remote, sc, cc)], { signal, timeout: patience })
      return answer === true
    },
    async signOut(rpc, signal) {
      await rpc.call(['httpAuth', 'invalidateAllSolutions'], [], { signal, timeout: patience })
    },
  }
}

function solve(keys: SsbKeys, sid: string, sc: string, cc: string): string {
  const signature = Buffer.alloc(64)
  sodium.crypto_sign_detached(signature, Buffer.from(`=http-auth-sign-in:${sid}:${keys.id}:${sc}:${cc}`), keys.secretKey)
  return `${signature.toString('base64')}.sig.ed25519`
}
