/** One EBT stream with one peer: notes and messages in, notes and pages of messages out, fair between feeds. */
import { setImmediate as turn } from 'node:timers/promises'
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
  /** How often the peer took back what it said it has. */
  rewinds: number
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
/** Useless messages that a peer may send beyond as many as were useful. */
const PATIENCE = 5_000

/** Makes the session of a stream; `run` starts it. */
export function openSession(options: SessionOptions): Session {
  const { channel, intake, events, rpc } = options
  const remote = rpc.remote
  const links = new Map<number, Link>()
  const notes = new Map<string, Note>()
  const queue: Link[] = []
  let greeting = false
  let writing = false
  let ended = false
  let held = false
  let spoke = false
  let delivered = 0
  let useless = 0

  async function takeMessage(body: Body): Promise<void> {
    const verdict = intake.take(body, remote)
    if (verdict.outcome === 'taken') delivered++
    else if (verdict.outcome !== 'full') useless += verdict.outcome === 'invalid' ? 50 : 1
    events.verdict(session, verdict)
    if (useless > delivered + PATIENCE) {
      events.misbehaved(remote, 'floods us with messages that are of no use')
      return session.end(new Error('too many useless messages'))
    }
    const room = intake.room(remote)
    if (!room) return
    held = true
    await room
    held = false
    session.active = options.now()
  }
  function takeNotes(body: Body): void {
    const clock = decodeClock(body.bytes)
    if (!clock || clock.bad > 0) {
      useless += 50
      events.misbehaved(remote, 'sent a malformed clock')
    }
    if (clock) events.notes(session, clock.notes)
  }
  async function nextPage(link: Link): Promise<Body[]> {
    const { sent } = link
    const count = Math.min(PAGE, intake.feeds.checked(link.feed) - sent)
    if (count <= 0 || !link.sends || !events.shares(session, link.id)) return []
    const page = await options.records.range(link.id, sent + 1, count)
    // The peer may have said something else meanwhile.
    if (link.sent !== sent || !link.sends || page.length === 0) return []
    link.sent = sent + page.length
    return page.map(({ bytes }) => ({ type: 'json', bytes }))
  }
  async function write(): Promise<void> {
    // What one event causes is sent together.
    await turn()
    for (;;) {
      if (ended) return
      if (notes.size > 0 || greeting) {
        greeting = false
        const bodies = encodeClock(notes)
        notes.clear()
        await channel.writeMany(bodies)
        continue
      }
      const link = queue.shift()
      if (!link) break
      link.queued = false
      const page = await nextPage(link)
      if (page.length > 0) await channel.writeMany(page)
      if (link.sends && link.sent < intake.feeds.checked(link.feed) && page.length > 0)
        enqueue(link)
    }
    writing = false
  }
  function wake(): void {
    if (writing || ended) return
    writing = true
    // A stream that broke while we wrote ends its reader too, who tells.
    write().catch(() => void (writing = false))
  }
  function enqueue(link: Link): void {
    if (link.queued) return
    link.queued = true
    queue.push(link)
  }
  const session: Session = {
    remote,
    rpc,
    memory: options.memory,
    links,
    declined: new Set(),
    greeted: false,
    active: options.now(),
    get held() {
      return held
    },
    get delivered() {
      return delivered
    },
    get spoke() {
      return spoke
    },
    link(feed, id) {
      const known = links.get(feed)
      if (known) return known
      const link = newLink(feed, id, options.memory.get(id) ?? 0)
      links.set(feed, link)
      return link
    },
    note(feed, note) {
      notes.set(feed, note)
      wake()
    },
    send(link) {
      enqueue(link)
      wake()
    },
    greet() {
      greeting = true
      wake()
    },
    async run() {
      for await (const batch of channel.batches) {
        spoke = true
        for (const [index, body] of batch.entries()) {
          if (ended) return
          if (isMessage(body)) await takeMessage(body)
          else takeNotes(body)
          if (index % TURN === TURN - 1) await turn()
        }
      }
      session.end()
    },
    end(error) {
      if (ended) return
      ended = true
      channel.end(error).catch(() => undefined)
    },
  }
  return session
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
    active: 0,
    strikes: 0,
    refusedUntil: 0,
  }
}
