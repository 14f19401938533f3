/** Peers that send what no sound peer sends: counted, and turned away for a while when it repeats. */
import type { Clock } from '#base/clock.ts'

/** The memory of misbehaviour; bounded, and forgiving with time. */
export interface Misbehaviour {
  /** Holds something against a peer. */
  readonly count: (peer: string, why: string) => void
  /** The reason for people while a peer is turned away. */
  reason(peer: string): string | undefined
  /** Called when a peer crosses the line. */
  onBanned: (peer: string, why: string) => void
  readonly counters: { readonly misbehaved: number; readonly turnedAway: number }
}

/** How often a peer may err within `FORGIVEN` before it is turned away for `AWAY`, all in milliseconds. */
const LINE = 16
const FORGIVEN = 60_000
const AWAY = 10 * 60_000
const MAX_PEERS = 1_000

type Row = { points: number; since: number; until: number; why: string }

/** Starts with a clean sheet: misbehaviour is not remembered across restarts. */
export function openMisbehaviour(clock: Clock): Misbehaviour {
  const rows = new Map<string, Row>()
  const counters = { misbehaved: 0, turnedAway: 0 }
  function rowOf(peer: string): Row {
    const now = clock.now()
    const known = rows.get(peer)
    if (known && (known.until > now || now - known.since < FORGIVEN)) return known
    const row = { points: 0, since: now, until: 0, why: '' }
    rows.delete(peer)
    rows.set(peer, row)
    const oldest = rows.keys().next().value
    if (rows.size > MAX_PEERS && oldest !== undefined) rows.delete(oldest)
    return row
  }
  const self: Misbehaviour = {
    counters,
    onBanned: () => undefined,
    count(peer, why) {
      counters.misbehaved += 1
      const row = rowOf(peer)
      row.points += 1
      row.why = why
      if (row.points < LINE || row.until > clock.now()) return
      row.until = clock.now() + AWAY
      counters.turnedAway += 1
      self.onBanned(peer, why)
    },
    reason(peer) {
      const row = rows.get(peer)
      return row && row.until > clock.now() ? `it misbehaved (${row.why})` : undefined
    },
  }
  return self
}
