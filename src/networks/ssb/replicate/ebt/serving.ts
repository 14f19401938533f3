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

/** Opens it; a timer runs while a peer owes us something. */
export function openServing(options: ServingOptions): Serving {
  const { feeds, clock, timeout } = options
  const serving = new Map<number, Session>()
  /** Feeds whose server says that it has more than we have. */
  const behind = new Set<number>()
  let timer: Timer | undefined
  let failovers = 0

  const lacks = (link: Link): boolean => link.claimed > feeds.sequence(link.feed)
  const isRefused = (link: Link): boolean => link.refusedUntil > clock.now()

  function note(session: Session, link: Link): void {
    link.noted = true
    session.note(link.id, { sequence: feeds.sequence(link.feed), receive: link.receives })
  }
  function ask(session: Session, link: Link): void {
    serving.set(link.feed, session)
    link.receives = true
    link.active = clock.now()
    note(session, link)
    watch(link)
  }
  function watch(link: Link): void {
    if (!lacks(link)) return void behind.delete(link.feed)
    behind.add(link.feed)
    timer ??= clock.after(timeout / 4, tick)
  }
  function release(session: Session, link: Link): void {
    if (serving.get(link.feed) === session) serving.delete(link.feed)
    behind.delete(link.feed)
    if (!link.receives) return
    link.receives = false
    note(session, link)
  }
  /** The peer that has more than we and has failed least. */
  function best(feed: number, except?: Session): { session: Session; link: Link } | undefined {
    let found: { session: Session; link: Link } | undefined
    for (const session of options.sessions()) {
      const link = session.links.get(feed)
      if (!link || session === except || !lacks(link) || isRefused(link)) continue
      if (!found || link.strikes < found.link.strikes) found = { session, link }
    }
    return found
  }
  function reconsider(feed: number): void {
    const next = best(feed)
    if (next) ask(next.session, next.link)
  }
  /** `quiet`: the peer delivers nothing at all. `slow`: it delivers, but nothing of this feed. */
  function stateOf(session: Session, link: Link): 'quiet' | 'slow' | 'well' {
    if (session.held) return 'well'
    const now = clock.now()
    const patience = Math.min(timeout * 2 ** Math.min(link.strikes, 10), LONGEST)
    if (now - Math.max(session.active, link.active) >= patience) return 'quiet'
    return now - link.active >= patience * TURNS ? 'slow' : 'well'
  }
  function tick(): void {
    timer = undefined
    for (const feed of behind) {
      const session = serving.get(feed)
      const link = session?.links.get(feed)
      if (!session || !link || !lacks(link)) behind.delete(feed)
      else failOver(session, link, stateOf(session, link))
    }
    if (behind.size > 0) timer ??= clock.after(timeout / 4, tick)
  }
  function failOver(session: Session, link: Link, state: 'quiet' | 'slow' | 'well'): void {
    if (state === 'well') return
    const next = best(link.feed, session)
    const isBetter = next !== undefined && next.link.strikes <= link.strikes
    // What a busy peer has on its way would come twice.
    if (!isBetter && state === 'slow') return void (link.active = clock.now())
    failovers++
    link.strikes++
    // The same again, ever more rarely: perhaps a note was lost.
    if (!isBetter) return ask(session, link)
    release(session, link)
    ask(next.session, next.link)
  }
  return {
    get failovers() {
      return failovers
    },
    by: (feed) => serving.get(feed),
    tell(session, link) {
      const free = !serving.has(link.feed) && !isRefused(link)
      if (free) ask(session, link)
      else note(session, link)
    },
    offered(session, link) {
      if (!lacks(link) || isRefused(link)) return
      const current = serving.get(link.feed)
      if (current === session) return watch(link)
      const other = current?.links.get(link.feed)
      if (current && other && lacks(other) && other.strikes <= link.strikes) return
      if (current && other) release(current, other)
      ask(session, link)
    },
    advanced(session, link) {
      link.active = session.active
      link.strikes = 0
      const server = serving.get(link.feed)
      const served = server?.links.get(link.feed)
      if (served && !lacks(served)) behind.delete(link.feed)
    },
    refuse(session, link, until) {
      link.refusedUntil = until
      release(session, link)
      if (!serving.has(link.feed)) reconsider(link.feed)
    },
    leave(session, left) {
      for (const feed of left) {
        if (serving.get(feed) !== session) continue
        serving.delete(feed)
        behind.delete(feed)
        reconsider(feed)
      }
    },
    forget(feed) {
      serving.delete(feed)
      behind.delete(feed)
    },
    missing() {
      let sum = 0
      for (const feed of behind) {
        const link = serving.get(feed)?.links.get(feed)
        if (link && link.strikes < 3) sum += Math.max(0, link.claimed - feeds.sequence(feed))
      }
      return sum
    },
    [Symbol.dispose]() {
      timer?.cancel()
    },
  }
}
