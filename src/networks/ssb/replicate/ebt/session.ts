/** One EBT stream with one peer: notes and messages in, notes and pages of messages out, fair between feeds. */
import { setImmediate as turn } from 'node:timers/promises'
import { MetaLifeError } from '#base/errors.ts'
import type { Records } from '#network/host.ts'
import type { MessageIntake, Verdict } from '#networks/ssb/replicate/intake.ts'
import { decodeClock, encodeClock, isMessage, type Note } from '#networks/ssb/replicate/ebt/note.ts'
import type { Body, Channel, Rpc } from '#networks/ssb/wire/rpc.ts'

/** How a feed stands between us and the peer. */
export type Link = {
  readonly feed: number
  readonly id: string
  /** Newest sequence that the peer says it has; -1: it does not replicate the feed. */
  claimed: number
  /** The peer wants what we have. */
  sends: boolean
  /** Newest sequence that the peer has or was sent. */
  sent: number
  /** We asked the peer to send. */
  receives: boolean
  /** We told the peer of the feed in this session. */
  noted: boolean
  /** It waits for its turn to be sent. */
  queued: boolean
  /** How often the peer took back what it said it has, lately, and when it last did. */
  rewinds: number
  rewound: number
  /** When we asked, or the last message came. */
  active: number
  /** How often it did not deliver what it claims, and until when it is not asked for that. */
  strikes: number
  refusedUntil: number
}

/** What a session reports. */
export type SessionEvents = {
  notes(session: Session, notes: ReadonlyMap<string, Note>): void
  verdict(session: Session, verdict: Verdict): void
  misbehaved(peer: string, why: string): void
  /** May the feed be sent to the peer? */
  shares(session: Session, feed: string): boolean
}

/** See `openSession`. */
export interface Session {
  readonly remote: string
  readonly rpc: Rpc
  /** When it began, in milliseconds since 1970. */
  readonly since: number
  /** What the peer had when we parted, and has said since. */
  readonly memory: Map<string, number>
  readonly links: Map<number, Link>
  /** Feeds that are not replicated here and the peer was told so. */
  readonly declined: Set<string>
  /** True once we told the peer our clock. */
  greeted: boolean
  /** When the peer last delivered something new. */
  active: number
  /** True while we are the ones who do not read. */
  readonly held: boolean
  readonly delivered: number
  /** True once a body came: the peer speaks EBT. */
  readonly spoke: boolean
  link(feed: number, id: string): Link
  /** Says something of a feed, soon; only the newest note of a feed is sent. */
  note(feed: string, note: Note): void
  /** Sends what the peer lacks, in turn with the other feeds. */
  send(link: Link): void
  /** Sends what is noted, even when it is nothing. */
  greet(): void
  /** Reads until the peer ends, or it is ended. @throws what broke the stream */
  run(): Promise<void>
  end(error?: Error): void
}

/** What a session is made of. */
export type SessionOptions = {
  readonly rpc: Rpc
  readonly channel: Channel
  readonly memory: Map<string, number>
  readonly intake: MessageIntake
  readonly records: Pick<Records, 'range'>
  readonly events: SessionEvents
  readonly now: () => number
}

/** Messages of one feed that are sent before the next feed has its turn. */
const PAGE = 64
/** Messages taken in before others may run. */
const TURN = 64
/** Useless messages that a peer may send beyond as many as were useful, and how many a malformed one counts for. */
const PATIENCE = 5_000
const GARBAGE = 50
/** So many notes count for one: 250,000 notes are too many where nothing is delivered. */
const NOTES = 50

/** Replication with a peer was ended by us. */
export class EbtEndedError extends MetaLifeError {
  override name = 'EbtEndedError'
}

/** Makes the session of a stream; `run` starts it. */
export function openSession(options: SessionOptions): Session {
  return new OpenSession(options)
}

class OpenSession implements Session {
  readonly remote: string
  readonly rpc: Rpc
  readonly since: number
  readonly memory: Map<string, number>
  readonly links = new Map<number, Link>()
  readonly declined = new Set<string>()
  readonly #options: SessionOptions
  readonly #notes = new Map<string, Note>()
  readonly #queue: Link[] = []
  #greeting = false
  #writing = false
  #ended = false
  #useless = 0
  greeted = false
  held = false
  spoke = false
  delivered = 0
  active: number

  constructor(options: SessionOptions) {
    this.#options = options
    this.rpc = options.rpc
    this.remote = options.rpc.remote
    this.memory = options.memory
    this.since = options.now()
    this.active = this.since
  }

  link(feed: number, id: string): Link {
    const known = this.links.get(feed)
    if (known) return known
    const link = newLink(feed, id, this.memory.get(id) ?? 0)
    this.links.set(feed, link)
    return link
  }

  note(feed: string, note: Note): void {
    this.#notes.set(feed, note)
    this.#wake()
  }

  send(link: Link): void {
    this.#enqueue(link)
    this.#wake()
  }

  greet(): void {
    this.#greeting = true
    this.#wake()
  }

  async run(): Promise<void> {
    for await (const batch of this.#options.channel.batches) {
      this.spoke = true
      for (const [index, body] of batch.entries()) {
        if (this.#ended) return
        if (isMessage(body)) await this.#takeMessage(body)
        else this.#takeNotes(body)
        if (index % TURN === TURN - 1) await turn()
      }
    }
    this.end()
  }

  end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#options.channel.end(error).catch(() => undefined)
  }

  async #takeMessage(body: Body): Promise<void> {
    const { intake, events, now } = this.#options
    const verdict = intake.take(body, this.remote)
    if (verdict.outcome === 'taken') this.delivered++
    else if (verdict.outcome === 'invalid') this.#useless += GARBAGE
    else if (verdict.outcome !== 'full') this.#useless++
    events.verdict(this, verdict)
    if (this.#useless > this.delivered + PATIENCE) return this.#giveUp()
    const room = intake.room(this.remote)
    if (!room) return
    this.held = true
    await room
    this.held = false
    this.active = now()
  }

  #takeNotes(body: Body): void {
    const { events } = this.#options
    const clock = decodeClock(body.bytes)
    if (!clock || clock.bad > 0) {
      this.#useless += GARBAGE
      events.misbehaved(this.remote, 'sent a malformed clock')
    }
    this.#useless += (clock?.notes.size ?? 0) / NOTES
    if (this.#useless > this.delivered + PATIENCE) return this.#giveUp()
    if (clock) events.notes(this, clock.notes)
  }

  #giveUp(): void {
    this.#options.events.misbehaved(this.remote, 'floods us with messages that are of no use')
    this.end(new EbtEndedError('too many useless messages'))
  }

  #enqueue(link: Link): void {
    if (link.queued) return
    link.queued = true
    this.#queue.push(link)
  }

  #wake(): void {
    if (this.#writing || this.#ended) return
    this.#writing = true
    // A stream that broke while we wrote ends its reader too, who tells.
    this.#write().catch(() => void (this.#writing = false))
  }

  async #write(): Promise<void> {
    // What one event causes is sent together.
    await turn()
    while (!this.#ended) {
      if (this.#notes.size > 0 || this.#greeting) await this.#writeNotes()
      else if (!(await this.#writePage())) break
    }
    this.#writing = false
  }

  async #writeNotes(): Promise<void> {
    this.#greeting = false
    const bodies = encodeClock(this.#notes)
    this.#notes.clear()
    await this.#options.channel.writeMany(bodies)
  }

  /** A page of the feed whose turn it is; false when no feed waits. */
  async #writePage(): Promise<boolean> {
    const link = this.#queue.shift()
    if (!link) return false
    link.queued = false
    const page = await this.#nextPage(link)
    if (page.length === 0) return true
    await this.#options.channel.writeMany(page)
    if (link.sends && link.sent < this.#options.intake.feeds.checked(link.feed)) this.#enqueue(link)
    return true
  }

  async #nextPage(link: Link): Promise<Body[]> {
    const { intake, records, events } = this.#options
    const { sent } = link
    const count = Math.min(PAGE, intake.feeds.checked(link.feed) - sent)
    if (count <= 0 || !link.sends || !events.shares(this, link.id)) return []
    const page = await records.range(link.id, sent + 1, count)
    // The peer may have said something else meanwhile.
    if (link.sent !== sent || !link.sends || page.length === 0) return []
    link.sent = sent + page.length
    return page.map(({ bytes }) => ({ type: 'json', bytes }))
  }
}

function newLink(feed: number, id: string, claimed: number): Link {
  return {
    feed,
    id,
    claimed,
    sends: false,
    sent: claimed,
    receives: false,
    noted: false,
    queued: false,
    rewinds: 0,
    rewound: 0,
    active: 0,
    strikes: 0,
    refusedUntil: 0,
  }
}
