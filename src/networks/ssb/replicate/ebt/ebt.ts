/** EBT version 3: which notes pass between us and every peer, and what follows from them. */
import { sleep, type Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { isObject, type Json } from '#base/json.ts'
import type { Host } from '#network/host.ts'
import type { FollowGraph, GraphChange } from '#networks/ssb/replicate/graph.ts'
import type { MessageIntake, Refusal, Verdict } from '#networks/ssb/replicate/intake.ts'
import { openClockMemory, type ClockMemory } from '#networks/ssb/replicate/ebt/memory.ts'
import type { Note } from '#networks/ssb/replicate/ebt/note.ts'
import { openServing, type Serving } from '#networks/ssb/replicate/ebt/serving.ts'
import {
  EbtEndedError,
  openSession,
  type Link,
  type Session,
  type SessionEvents,
} from '#networks/ssb/replicate/ebt/session.ts'
import type { Channel, Method, Rpc } from '#networks/ssb/wire/rpc.ts'

/** The peer asked for a version or a format of EBT that is not spoken here. */
export class EbtVersionError extends MetaLifeError {
  override name = 'EbtVersionError'
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
const MAX_DECLINED = 20_000
/**
 * How often in a row, and how often a second, a peer may take back that it has something: what is on its way when it
 * changes its mind looks like that, and everything is sent again.
 */
const MAX_REWINDS = 16
const REWIND_PERIOD = 1_000
/** Two streams within so many milliseconds began at once. */
const TOGETHER = 10_000
/**
 * Milliseconds between two streams with a peer. What the old one brought may still wait there to be stored: ssb-db2
 * collects for up to 375 ms, throws the whole collection away when a message is in it twice, and does not ask again.
 */
const SETTLING = 500

/** Opens it; sessions come with `method` and `replicate`. */
export function openEbt(options: EbtOptions): Ebt {
  return new OpenEbt(options)
}

class OpenEbt implements Ebt, SessionEvents {
  readonly method: Method
  readonly sessions = new Map<string, Session>()
  readonly #options: EbtOptions
  readonly #memory: ClockMemory
  readonly #serving: Serving
  readonly #running = new Map<string, Promise<void>>()
  readonly #settling = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  readonly #stopListening: readonly (() => void)[]

  constructor(options: EbtOptions) {
    const { intake, graph, clock, timeout } = options
    this.#options = options
    this.#memory = openClockMemory(options.host.state)
    const sessions = () => this.sessions.values()
    this.#serving = openServing({ feeds: intake.feeds, sessions, clock, timeout })
    this.#stopListening = [
      intake.onChecked((feed) => this.#checked(feed)),
      intake.onRefused((refusal) => this.#refused(refusal)),
      graph.onChange((change) => this.#changed(change)),
    ]
    this.method = {
      type: 'duplex',
      allow: (remote) => !graph.isBlocked(remote),
      handle: async (args, { rpc }, channel) => {
        if (!isSpoken(args[0])) {
          throw new EbtVersionError('expected ebt.replicate({version: 3, format: "classic"})')
        }
        await this.#run(rpc, channel, true)
      },
    }
  }

  get failovers(): number {
    return this.#serving.failovers
  }

  async replicate(rpc: Rpc): Promise<boolean> {
    if (this.#options.graph.isBlocked(rpc.remote)) return true
    const channel = rpc.duplex(['ebt', 'replicate'], ARGUMENTS)
    try {
      const session = await this.#run(rpc, channel, false)
      return session.spoke
    } catch {
      await channel.end(new EbtEndedError('already replicating'))
      return true
    }
  }

  missing(): number {
    return this.#serving.missing()
  }

  forgetPeers(): Promise<void> {
    return this.#memory.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    for (const stop of this.#stopListening) stop()
    for (const session of this.sessions.values()) endSession(session)
    await Promise.all(this.#running.values())
    this.#serving[Symbol.dispose]()
  }

  shares({ remote }: Session, feed: string): boolean {
    const { graph } = this.#options
    return graph.wants(feed) && !graph.blocks(feed, remote)
  }

  misbehaved(peer: string, why: string): void {
    this.#options.onMisbehaviour(peer, why)
  }

  notes(session: Session, notes: ReadonlyMap<string, Note>): void {
    const { own, onHeard } = this.#options
    for (const [feed, note] of notes) {
      this.#takeNote(session, feed, note)
      if (own.includes(feed)) onHeard(feed, session.remote, note.sequence)
    }
    // The one who called waits for our clock before it sends its own.
    this.#greet(session)
  }

  verdict(session: Session, { outcome, feed, sequence = 0 }: Verdict): void {
    if (feed === undefined) return
    if (outcome === 'unwanted') return this.#decline(session, feed)
    const { intake, clock } = this.#options
    const link = session.links.get(intake.feeds.ids.find(feed))
    if (!link) return
    if (outcome === 'taken' || outcome === 'known' || outcome === 'gap') {
      link.claimed = Math.max(link.claimed, sequence)
      link.sent = Math.max(link.sent, sequence)
      session.memory.set(feed, link.claimed)
    }
    if (outcome === 'gap') this.#serving.offered(session, link)
    if (outcome !== 'taken') return
    session.active = clock.now()
    this.#serving.advanced(session, link)
  }

  #linkOf(session: Session, feed: string): Link {
    const { intake } = this.#options
    const link = session.link(intake.feeds.ids.add(feed), feed)
    if (!link.noted) link.refusedUntil = intake.refusedUntil(feed, session.remote)
    return link
  }

  /** Tells our clock, without what the peer knows since last time. */
  #greet(session: Session): void {
    if (session.greeted) return
    session.greeted = true
    session.greet()
    for (const feed of this.#options.graph.wanted()) this.#tellOf(session, feed)
  }

  #tellOf(session: Session, feed: string): void {
    if (!this.shares(session, feed)) return
    const { intake, own } = this.#options
    const remembered = session.memory.get(feed)
    if (remembered === -1) return
    const here = intake.sequence(feed)
    if (here > 0 && remembered === here && !own.includes(feed)) return
    const link = this.#linkOf(session, feed)
    if (!link.noted) this.#serving.tell(session, link)
  }

  #decline(session: Session, feed: string): void {
    if (session.declined.has(feed) || session.declined.size >= MAX_DECLINED) return
    session.declined.add(feed)
    session.note(feed, { sequence: -1, receive: false })
  }

  #takeNote(session: Session, feed: string, note: Note): void {
    if (!this.shares(session, feed)) return this.#decline(session, feed)
    const link = this.#linkOf(session, feed)
    const isRewind = note.sequence < link.sent && note.sequence >= 0
    if (isRewind && !mayRewind(link, this.#options.clock.now())) return
    link.claimed = note.sequence
    link.sent = Math.max(0, note.sequence)
    link.sends = note.receive
    session.memory.set(feed, note.sequence)
    if (note.sequence < 0) return this.#serving.leave(session, [link.feed])
    this.#serving.offered(session, link)
    if (!link.noted) this.#serving.tell(session, link)
    this.#serve(session, link)
  }

  /** The peer lacks something: send it where it wants it, else say that we have it. */
  #serve(session: Session, link: Link): void {
    const { feeds } = this.#options.intake
    if (link.claimed < 0 || feeds.checked(link.feed) <= link.sent) return
    if (link.sends) return session.send(link)
    session.note(link.id, { sequence: feeds.sequence(link.feed), receive: link.receives })
  }

  #checked(feed: string): void {
    const { graph, intake } = this.#options
    if (!graph.wants(feed)) return
    const number = intake.feeds.ids.find(feed)
    for (const session of this.sessions.values()) {
      if (!session.greeted || graph.blocks(feed, session.remote)) continue
      const link = session.links.get(number)
      if (link) this.#serve(session, link)
      else this.#tellOf(session, feed)
    }
  }

  #refused({ feed, peer, until }: Refusal): void {
    const number = this.#options.intake.feeds.ids.find(feed)
    const session = this.sessions.get(peer)
    const link = session?.links.get(number)
    const server = this.#serving.by(number)
    if (session && link) this.#serving.refuse(session, link, until)
    // What others sent on top of the refused copy was thrown away with it.
    if (server && server !== session) this.#serving.again(number)
  }

  #changed({ started, stopped, blocked }: GraphChange): void {
    const { ids } = this.#options.intake.feeds
    for (const feed of blocked) endSession(this.sessions.get(feed))
    for (const session of this.sessions.values()) {
      for (const feed of session.greeted ? started : []) {
        session.declined.delete(feed)
        this.#tellOf(session, feed)
      }
      for (const feed of stopped) {
        session.memory.delete(feed)
        if (session.links.delete(ids.find(feed))) this.#decline(session, feed)
      }
    }
    for (const feed of stopped) this.#serving.forget(ids.find(feed))
  }

  async #run(rpc: Rpc, channel: Channel, asServer: boolean): Promise<Session> {
    // One stream a peer: a new one means that the old one is dead or about to be.
    for (;;) {
      await this.#settling.get(rpc.remote)
      if (this.#closing.signal.aborted) throw new EbtEndedError('replication was ended')
      if (!this.#running.has(rpc.remote)) break
      const old = this.sessions.get(rpc.remote)
      if (old && this.#isPreferred(old.rpc, rpc)) throw new EbtEndedError('already replicating')
      old?.end(new EbtEndedError('reconnected to peer'))
      await this.#running.get(rpc.remote)
    }
    const over = Promise.withResolvers<void>()
    this.#running.set(rpc.remote, over.promise)
    try {
      const session = await this.#runAlone(rpc, channel, asServer)
      if (session.spoke) this.#settle(rpc.remote)
      return session
    } finally {
      this.#running.delete(rpc.remote)
      over.resolve()
    }
  }

  #settle(remote: string): void {
    const { clock } = this.#options
    const settled = sleep(clock, SETTLING, this.#closing.signal).then(
      () => void this.#settling.delete(remote),
      () => undefined,
    )
    this.#settling.set(remote, settled)
  }

  /** When both dial at once, both keep the connection of the same one: else each would end the other's stream. */
  #isPreferred(old: Rpc, next: Rpc): boolean {
    if (old.outgoing === next.outgoing) return false
    const session = this.sessions.get(old.remote)
    const isYoung = session !== undefined && this.#options.clock.now() - session.since < TOGETHER
    const weAreFirst = (this.#options.own[0] ?? '') < old.remote
    return isYoung && old.outgoing === weAreFirst
  }

  async #runAlone(rpc: Rpc, channel: Channel, asServer: boolean): Promise<Session> {
    const { intake, clock, host } = this.#options
    const memory = await this.#memory.load(rpc.remote)
    const { records } = host
    const now = (): number => clock.now()
    const session = openSession({ rpc, channel, memory, intake, records, now, events: this })
    this.sessions.set(rpc.remote, session)
    try {
      if (asServer) this.#greet(session)
      await session.run()
    } catch {
      // How a stream broke is told by its connection.
    } finally {
      this.sessions.delete(rpc.remote)
      this.#serving.leave(session, session.links.keys())
      if (session.spoke) await this.#memory.save(rpc.remote, memory).catch(() => undefined)
    }
    return session
  }
}

function mayRewind(link: Link, now: number): boolean {
  const forgiven = (now - link.rewound) / REWIND_PERIOD
  link.rewinds = Math.max(0, link.rewinds - forgiven) + 1
  link.rewound = now
  return link.rewinds <= MAX_REWINDS
}

function endSession(session: Session | undefined): void {
  session?.end(new EbtEndedError('replication was ended'))
}

function isSpoken(argument: Json | undefined): boolean {
  if (!isObject(argument) || argument['version'] !== 3) return false
  return argument['format'] === undefined || argument['format'] === 'classic'
}
