/**
 * Fork safety: a feed that exists elsewhere with newer messages than here must not be written until they are here.
 *
 * A home whose database has been written by this identity before (`established`) may write, until a peer says that it
 * knows more of the feed than we do. A restored identity has no such mark and waits for a peer that knows the feed.
 * Mends: ssbc/ssb-db issue 157 (forks after a restore).
 */
import type { Clock, Timer } from '#base/clock.ts'
import type { StateBox } from '#network/host.ts'

/** Decides whether the own feed may be written. */
export interface WriteGuard extends Disposable {
  /** The sentence for people while writing is refused. */
  readonly reason: string | undefined
  /** A peer told how many messages of our feed it has (0: none). */
  heard(peer: string, sequence: number): Promise<void>
  /** Our copy of the own feed grew. */
  stored(sequence: number): Promise<void>
  /** How often a peer claimed messages that it did not deliver in time. */
  readonly unkept: number
}

/** How long a peer may take to deliver what it claims to have before it is no longer waited for. */
const PATIENCE = 120_000
const MAX_LIARS = 10_000
const MARK = 'own-feed-established'

const waiting =
  'This identity was restored here and no peer has told its newest message yet. Writing now could fork the feed, ' +
  'which other people’s apps cannot read past. Connect to a peer that knows you, or start with --ssb-write-unheard ' +
  'if you are certain that nothing was ever published.'

/**
 * Opens the guard.
 *
 * @param options.fresh true when this run made the identity, so that no other copy can exist
 * @param options.override the person took the risk
 */
export async function openWriteGuard(options: {
  readonly state: StateBox
  readonly clock: Clock
  readonly sequence: number
  readonly fresh: boolean
  readonly override: boolean
}): Promise<WriteGuard> {
  const { state } = options
  let established = options.override || (await state.get(MARK)) !== undefined
  let here = options.sequence
  const claims = openClaims(options.clock)

  async function establish(): Promise<void> {
    if (established) return
    await state.put(MARK, new Uint8Array([1]))
    established = true
  }
  if (options.fresh) await establish()
  return {
    get reason() {
      if (options.override) return undefined
      if (claims.highest > here) {
        return `A peer knows message ${claims.highest} of this identity and only ${here} are here. They are being fetched; writing before would fork the feed.`
      }
      return established ? undefined : waiting
    },
    get unkept() {
      return claims.unkept
    },
    async heard(peer, sequence) {
      if (!Number.isSafeInteger(sequence) || sequence <= 0) return
      if (sequence > here) claims.add(peer, sequence)
      // Somebody who has part of what we have proves nothing; only one who is level with us does.
      else if (sequence === here) await establish()
    },
    async stored(sequence) {
      const isNew = sequence > here
      here = Math.max(here, sequence)
      if (isNew && claims.grewTo(here)) await establish()
    },
    [Symbol.dispose]: () => claims[Symbol.dispose](),
  }
}

/** What peers say that they have of the own feed and we lack. */
interface Claims extends Disposable {
  /** 0: nothing is claimed that is still waited for. */
  readonly highest: number
  readonly unkept: number
  add(peer: string, sequence: number): void
  /** Our copy grew; true when that was all that is claimed. */
  grewTo(sequence: number): boolean
}

/** A claim is waited for while somebody delivers; a peer that did not is not believed again, nor may one prolong the wait. */
function openClaims(clock: Clock): Claims {
  const claimants = new Set<string>()
  const liars = new Set<string>()
  let highest = 0
  let unkept = 0
  let timer: Timer | undefined

  function wait(): void {
    timer?.cancel()
    timer = clock.after(PATIENCE, () => {
      unkept += 1
      highest = 0
      for (const peer of claimants) if (liars.size < MAX_LIARS) liars.add(peer)
      claimants.clear()
    })
  }
  return {
    get highest() {
      return highest
    },
    get unkept() {
      return unkept
    },
    add(peer, sequence) {
      if (sequence <= highest || liars.has(peer)) return
      highest = sequence
      if (claimants.has(peer)) return
      claimants.add(peer)
      wait()
    },
    grewTo(sequence) {
      if (highest === 0) return false
      if (sequence < highest) {
        // Nobody but us can have signed it: somebody delivers.
        wait()
        return false
      }
      highest = 0
      claimants.clear()
      timer?.cancel()
      return true
    },
    [Symbol.dispose]: () => timer?.cancel(),
  }
}
