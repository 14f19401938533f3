/** EBT version 3: which notes pass between us and every peer, and what follows from them. */
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { isObject, type Json } from '#base/json.ts'
import type { Host } from '#network/host.ts'
import type { FollowGraph, GraphChange } from '#networks/ssb/replicate/graph.ts'
import type { MessageIntake, Refusal, Verdict } from '#networks/ssb/replicate/intake.ts'
import { openClockMemory } from '#networks/ssb/replicate/ebt/memory.ts'
import type { Note } from '#networks/ssb/replicate/ebt/note.ts'
import { openRefusals } from '#networks/ssb/replicate/ebt/refusals.ts'
import { openServing } from '#networks/ssb/replicate/ebt/serving.ts'
import { openSession, type Link, type Session } from '#networks/ssb/replicate/ebt/session.ts'
import type { Channel, Method, Rpc } from '#networks/ssb/wire/rpc.ts'

/** The peer asked for a version or a format of EBT that is not spoken here. */
export class EbtVersionError extends MetaLifeError {
  override name = 'EbtVersionError'
}

/** Replication with a peer was ended by us. */
export class EbtEndedError extends MetaLifeError {
  override name = 'EbtEndedError'
}

/** Replication with all peers by EBT. */
export interface Ebt extends AsyncDisposable {
  /** `ebt.replicate`, as peers call it. */
  readonly method: Method
  /** Calls the peer's `ebt.replicate`; resolves when it is over: false when the peer does not speak it. */
  replicate(rpc: Rpc): Promise<boolean>
  readonly sessions: ReadonlyMap<string, Session>
  /** Messages that peers say they have and we lack. */
  missing(): number
  readonly failovers: number
  /** Forgets what peers had: after a restore, all of it is asked anew. */
  forgetPeers(): Promise<void>
}

/** What it is made of. */
export type EbtOptions = {
  readonly host: Pick<Host, 'records' | 'state'>
  readonly intake: MessageIntake
  readonly graph: FollowGraph
  readonly clock: Clock
  /** The own feeds: told in every greeting, whatever is remembered. */
  readonly own: readonly string[]
  readonly onMisbehaviour: (peer: string, why: string) => void
  /** A peer said how much it has of an own feed. */
  readonly onHeard: (feed: string, peer: string, sequence: number) => void
  /** Milliseconds in which a peer must deliver something of what it claims to have. */
  readonly timeout: number
}

const ARGUMENTS = [{ version: 3, format: 'classic' }]
/** Feeds that one peer is told we do not replicate. */
const MAX_DECLINED = 100_000
/** How often a peer may take back that it has something before it is not believed. */
const MAX_REWINDS = 16
/** How long a feed is not asked of a peer that delivered a forgery of it. */
const FORGED = 60 * 60_000

/** Opens it; sessions come with `method` and `replicate`. */
export function openEbt(options: EbtOptions): Ebt {
  const { intake, graph, clock, host } = options
  const { feeds } = intake
  const memory = openClockMemory(host.state)
  const refusals = openRefusals(clock)
  const sessions = new Map<string, Session>()
  const running = new Set<Promise<void>>()
  const all = (): Iterable<Session> => sessions.values()
  const serving = openServing({ feeds, sessions: all, clock, timeout: options.timeout })

  const shares = (session: Session, feed: string): boolean =>
    graph.wants(feed) && !graph.blocks(feed, session.remote)

  function linkOf(session: Session, feed: string): Link {
    const link = session.link(feeds.ids.add(feed), feed)
    if (!link.noted) link.refusedUntil = refusals.until(feed, session.remote)
    return link
  }
  /** Our clock, without what the peer knows since last time. */
  function greet(session: Session): void {
    if (session.greeted) return
    session.greeted = true
    session.greet()
    for (const feed of graph.wanted()) {
      if (shares(session, feed)) tellOf(session, feed)
    }
  }
  function tellOf(session: Session, feed: string): void {
    const remembered = session.memory.get(feed)
    if (remembered === -1) return
    const here = intake.sequence(feed)
    if (here > 0 && remembered === here && !options.own.includes(feed)) return
    const link = linkOf(session, feed)
    if (!link.noted) serving.tell(session, link)
  }
  function decline(session: Session, feed: string): void {
    if (session.declined.has(feed) || session.declined.size >= MAX_DECLINED) return
    session.declined.add(feed)
    session.note(feed, { sequence: -1, receive: false })
  }
  function takeNote(session: Session, feed: string, note: Note): void {
    if (!shares(session, feed)) return decline(session, feed)
    const link = linkOf(session, feed)
    if (note.sequence < link.sent && note.sequence >= 0 && link.rewinds++ > MAX_REWINDS) return
    link.claimed = note.sequence
    link.sent = Math.max(0, note.sequence)
    link.sends = note.receive
    session.memory.set(feed, note.sequence)
    if (note.sequence < 0) return serving.leave(session, [link.feed])
    serving.offered(session, link)
    if (!link.noted) serving.tell(session, link)
    serve(session, link)
  }
  /** The peer lacks something: send it where it wants it, else say that we have it. */
  function serve(session: Session, link: Link): void {
    if (link.claimed < 0 || feeds.checked(link.feed) <= link.sent) return
    if (link.sends) session.send(link)
    else session.note(link.id, { sequence: feeds.sequence(link.feed), receive: link.receives })
  }
  function onNotes(session: Session, notes: ReadonlyMap<string, Note>): void {
    for (const [feed, note] of notes) {
      takeNote(session, feed, note)
      if (options.own.includes(feed)) options.onHeard(feed, session.remote, note.sequence)
    }
    // The one who called waits for our clock before it sends its own.
    greet(session)
  }
  function onVerdict(session: Session, { outcome, feed, sequence = 0 }: Verdict): void {
    if (!feed) return
    if (outcome === 'unwanted') return decline(session, feed)
    const link = session.links.get(feeds.ids.find(feed))
    if (!link) return
    if (outcome === 'taken' || outcome === 'known' || outcome === 'gap') {
      link.claimed = Math.max(link.claimed, sequence)
      link.sent = Math.max(link.sent, sequence)
      session.memory.set(feed, link.claimed)
    }
    if (outcome === 'gap') serving.offered(session, link)
    if (outcome !== 'taken') return
    session.active = clock.now()
    serving.advanced(session, link)
  }
  function onRefused({ feed, peer, why }: Refusal): void {
    const until = why === 'fork' ? Infinity : clock.now() + FORGED
    refusals.add(feed, peer, until)
    const session = sessions.get(peer)
    const link = session?.links.get(feeds.ids.find(feed))
    if (session && link) serving.refuse(session, link, until)
  }
  function onChecked(feed: string): void {
    for (const session of all()) {
      if (!session.greeted || !shares(session, feed)) continue
      const link = session.links.get(feeds.ids.find(feed))
      if (link) serve(session, link)
      else tellOf(session, feed)
    }
  }
  function onChange({ started, stopped, blocked }: GraphChange): void {
    for (const feed of blocked) sessions.get(feed)?.end(new EbtEndedError('replication was ended'))
    for (const session of all()) {
      for (const feed of session.greeted ? started : []) {
        session.declined.delete(feed)
        if (shares(session, feed)) tellOf(session, feed)
      }
      for (const feed of stopped) stop(session, feed)
    }
    for (const feed of stopped) serving.forget(feeds.ids.find(feed))
  }
  function stop(session: Session, feed: string): void {
    session.memory.delete(feed)
    if (session.links.delete(feeds.ids.find(feed))) decline(session, feed)
  }

  async function run(rpc: Rpc, channel: Channel, asServer: boolean): Promise<Session> {
    const remembered = await memory.load(rpc.remote)
    const session = openSession({
      rpc,
      channel,
      memory: remembered,
      intake,
      records: host.records,
      now: () => clock.now(),
      events: { notes: onNotes, verdict: onVerdict, misbehaved: options.onMisbehaviour, shares },
    })
    // One stream a peer: a new one means that the old one is dead or about to be.
    const old = sessions.get(rpc.remote)
    sessions.set(rpc.remote, session)
    old?.end(new EbtEndedError('reconnected to peer'))
    const done = settle(session, asServer)
    running.add(done)
    await done.finally(() => running.delete(done))
    return session
  }
  async function settle(session: Session, asServer: boolean): Promise<void> {
    try {
      if (asServer) greet(session)
      await session.run()
    } catch {
      // How a stream broke is told by its connection.
    } finally {
      if (sessions.get(session.remote) === session) sessions.delete(session.remote)
      serving.leave(session, session.links.keys())
      if (session.spoke) await memory.save(session.remote, session.memory).catch(() => undefined)
    }
  }

  const stopListening = [
    intake.onChecked(onChecked),
    intake.onRefused(onRefused),
    graph.onChange(onChange),
  ]
  return {
    method: {
      type: 'duplex',
      allow: (remote) => !graph.isBlocked(remote),
      async handle(args, { rpc }, channel) {
        if (!isSpoken(args[0])) {
          throw new EbtVersionError('expected ebt.replicate({version: 3, format: "classic"})')
        }
        await run(rpc, channel, true)
      },
    },
    async replicate(rpc) {
      if (graph.isBlocked(rpc.remote)) return true
      const channel = rpc.duplex(['ebt', 'replicate'], ARGUMENTS)
      const session = await run(rpc, channel, false)
      return session.spoke
    },
    sessions,
    missing: () => serving.missing(),
    get failovers() {
      return serving.failovers
    },
    forgetPeers: () => memory.clear(),
    async [Symbol.asyncDispose]() {
      for (const stop of stopListening) stop()
      for (const session of all()) session.end(new EbtEndedError('replication was ended'))
      await Promise.all(running)
      serving[Symbol.dispose]()
    },
  }
}

function isSpoken(argument: Json | undefined): boolean {
  if (!isObject(argument) || argument['version'] !== 3) return false
  return argument['format'] === undefined || argument['format'] === 'classic'
}
