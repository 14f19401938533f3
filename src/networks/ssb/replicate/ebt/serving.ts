/** Which peer serves which feed: one at a time, another when it fails. */
import type { Clock, Timer } from '#base/clock.ts'
import type { FeedTable } from '#networks/ssb/replicate/feed-table.ts'
import type { Link, Session } from '#networks/ssb/replicate/ebt/session.ts'

/** Who sends us what. */
export interface Serving extends Disposable {
  /** The session that sends us the feed. */
  by(feed: number): Session | undefined
  /** The peer says what it has: ask it, or stay with who serves. */
  offered(session: Session, link: Link): void
  /** Tells the peer what we have, asking for more when nobody else serves the feed. */
  tell(session: Session, link: Link): void
  /** Whoever serves the feed sends again from where we are: something of what came was thrown away. */
  again(feed: number): void
  /** Something of the feed arrived. */
  advanced(session: Session, link: Link): void
  /** The peer's copy is of no use: another one, please. Not this peer before `until`. */
  refuse(session: Session, link: Link, until: number): void
  /** The session is over, or does not replicate the feed any more. */
  leave(session: Session, feeds: Iterable<number>): void
  /** The feed is not replicated any more. */
  forget(feed: number): void
  /** Messages that peers who deliver say they have and we lack. */
  missing(): number
  /** How often a peer did not deliver in time and another was asked, or the same again. */
  readonly failovers: number
}

/** What it needs. */
export type ServingOptions = {
  readonly feeds: FeedTable
  readonly sessions: () => Iterable<Session>
  readonly clock: Clock
  /** Milliseconds in which a peer must deliver something, and (much longer) something of each feed. */
  readonly timeout: number
}

/** A feed may wait so many timeouts for its turn at a peer that delivers others. */
const TURNS = 6
const LONGEST = 10 * 60_000
/** A peer that failed so often is not believed to have what it claims. */
const DISBELIEF = 3

/** Opens it; a timer runs while a peer owes us something. */
export function openServing(options: ServingOptions): Serving {
  return new OpenServing(options)
}

/** `quiet`: the peer delivers nothing at all. `slow`: it delivers, but nothing of this feed. */
type Progress = 'quiet' | 'slow' | 'well'

class OpenServing implements Serving {
  readonly #options: ServingOptions
  readonly #serving = new Map<number, Session>()
  /** Feeds whose server says that it has more than we have. */
  readonly #behind = new Set<number>()
  #timer: Timer | undefined
  failovers = 0

  constructor(options: ServingOptions) {
    this.#options = options
  }

  by(feed: number): Session | undefined {
    return this.#serving.get(feed)
  }

  tell(session: Session, link: Link): void {
    const isFree = !this.#serving.has(link.feed) && !this.#isRefused(link)
    if (isFree) this.#ask(session, link)
    else this.#note(session, link)
  }

  offered(session: Session, link: Link): void {
    if (!this.#lacks(link) || this.#isRefused(link)) return
    const current = this.#serving.get(link.feed)
    if (current === session) return this.#watch(link)
    const other = current?.links.get(link.feed)
    if (other && this.#lacks(other) && other.strikes <= link.strikes) return
    if (current && other) this.#release(current, other)
    this.#ask(session, link)
  }

  again(feed: number): void {
    const session = this.#serving.get(feed)
    const link = session?.links.get(feed)
    if (session && link) this.#ask(session, link)
  }

  advanced(session: Session, link: Link): void {
    link.active = session.active
    link.strikes = 0
    const served = this.#serving.get(link.feed)?.links.get(link.feed)
    if (served && !this.#lacks(served)) this.#behind.delete(link.feed)
  }

  refuse(session: Session, link: Link, until: number): void {
    link.refusedUntil = until
    this.#release(session, link)
    if (!this.#serving.has(link.feed)) this.#reconsider(link.feed)
  }

  leave(session: Session, feeds: Iterable<number>): void {
    for (const feed of feeds) {
      if (this.#serving.get(feed) !== session) continue
      this.forget(feed)
      this.#reconsider(feed)
    }
  }

  forget(feed: number): void {
    this.#serving.delete(feed)
    this.#behind.delete(feed)
  }

  missing(): number {
    let sum = 0
    for (const feed of this.#behind) {
      const link = this.#serving.get(feed)?.links.get(feed)
      if (!link || link.strikes >= DISBELIEF) continue
      sum += Math.max(0, link.claimed - this.#options.feeds.sequence(feed))
    }
    return sum
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel()
  }

  #lacks(link: Link): boolean {
    return link.claimed > this.#options.feeds.sequence(link.feed)
  }

  #isRefused(link: Link): boolean {
    return link.refusedUntil > this.#options.clock.now()
  }

  #note(session: Session, link: Link): void {
    link.noted = true
    const sequence = this.#options.feeds.sequence(link.feed)
    session.note(link.id, { sequence, receive: link.receives })
  }

  #ask(session: Session, link: Link): void {
    this.#serving.set(link.feed, session)
    link.receives = true
    link.active = this.#options.clock.now()
    this.#note(session, link)
    this.#watch(link)
  }

  #watch(link: Link): void {
    if (!this.#lacks(link)) return void this.#behind.delete(link.feed)
    this.#behind.add(link.feed)
    this.#schedule()
  }

  #schedule(): void {
    const { clock, timeout } = this.#options
    this.#timer ??= clock.after(timeout / 4, () => this.#tick())
  }

  #release(session: Session, link: Link): void {
    if (this.#serving.get(link.feed) === session) this.forget(link.feed)
    if (!link.receives) return
    link.receives = false
    this.#note(session, link)
  }

  /** The peer that has more than we and has failed least. */
  #best(feed: number, except?: Session): { session: Session; link: Link } | undefined {
    let found: { session: Session; link: Link } | undefined
    for (const session of this.#options.sessions()) {
      const link = session.links.get(feed)
      if (!link || session === except || !this.#lacks(link) || this.#isRefused(link)) continue
      if (!found || link.strikes < found.link.strikes) found = { session, link }
    }
    return found
  }

  #reconsider(feed: number): void {
    const next = this.#best(feed)
    if (next) this.#ask(next.session, next.link)
  }

  #tick(): void {
    this.#timer = undefined
    for (const feed of this.#behind) {
      const session = this.#serving.get(feed)
      const link = session?.links.get(feed)
      if (session && link && this.#lacks(link)) this.#judge(session, link)
      else this.#behind.delete(feed)
    }
    if (this.#behind.size > 0) this.#schedule()
  }

  #judge(session: Session, link: Link): void {
    const progress = this.#progressOf(session, link)
    if (progress === 'well') return
    const next = this.#best(link.feed, session)
    const isBetter = next !== undefined && next.link.strikes <= link.strikes
    // What a busy peer has on its way would come twice.
    if (!isBetter && progress === 'slow') return void (link.active = this.#options.clock.now())
    this.failovers++
    link.strikes++
    // The same again, ever more rarely: perhaps a note was lost.
    if (!isBetter) return this.#ask(session, link)
    this.#release(session, link)
    this.#ask(next.session, next.link)
  }

  #progressOf(session: Session, link: Link): Progress {
    // We are the ones who do not read.
    if (session.held) return 'well'
    const { clock, timeout } = this.#options
    const now = clock.now()
    const patience = Math.min(timeout * 2 ** Math.min(link.strikes, 10), LONGEST)
    if (now - Math.max(session.active, link.active) >= patience) return 'quiet'
    return now - link.active >= patience * TURNS ? 'slow' : 'well'
  }
}
