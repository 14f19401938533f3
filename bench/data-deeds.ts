/** Deeds as they arrive in a first sync, without a network: feed by feed, some feeds side by side, the same every time. */
import { createHash } from 'node:crypto'
import type { Deed } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import type { Intake, NativeRecord } from '#network/host.ts'

export const NETWORK = 'bench'
const FEEDS = 200
/** Feeds that come side by side, and how much of one comes at once. */
const SIDE_BY_SIDE = 10
const RUN = 25
const BYTES = Buffer.alloc(450, 'x')
const WORDS = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor'.split(
  ' ',
)

/** Everybody who writes. */
export const people: readonly Ref[] = Array.from({ length: FEEDS }, (_, feed) => ({
  network: NETWORK,
  id: `@${digest(`feed ${feed}`)}.ed25519`,
}))

/** Intakes of `batch` checked records, `size` in all. */
export function* intakes(size: number, batch: number): Generator<Intake> {
  let records: NativeRecord[] = []
  let deeds: Deed[] = []
  let checked = new Map<string, number>()
  for (const [feed, sequence] of arrivals(Math.floor(size / FEEDS))) {
    const record = { id: idOf(feed, sequence), feed: people[feed]!.id, sequence, bytes: BYTES }
    records.push(record)
    deeds.push(deedOf(feed, sequence))
    checked.set(record.feed, sequence)
    if (records.length < batch) continue
    yield intakeOf(records, deeds, checked)
    records = []
    deeds = []
    checked = new Map()
  }
  if (records.length > 0) yield intakeOf(records, deeds, checked)
}

function intakeOf(
  records: readonly NativeRecord[],
  deeds: readonly Deed[],
  checked: ReadonlyMap<string, number>,
): Intake {
  return { records, deeds, checked: [...checked].map(([feed, sequence]) => ({ feed, sequence })) }
}

function* arrivals(each: number): Generator<readonly [feed: number, sequence: number]> {
  for (let group = 0; group < FEEDS; group += SIDE_BY_SIDE) {
    for (let start = 1; start <= each; start += RUN) {
      for (let feed = group; feed < group + SIDE_BY_SIDE; feed++) {
        for (let at = start; at < Math.min(start + RUN, each + 1); at++) yield [feed, at]
      }
    }
  }
}

function deedOf(feed: number, sequence: number): Deed {
  const ref = { network: NETWORK, id: idOf(feed, sequence) }
  const actor = people[feed]!
  const at = Date.UTC(2015, 0, 1) + sequence * 86_400_000 * 0.7 + feed * 400_000
  const chance = numberOf(feed, sequence)
  const common = { ref, actor, at }
  // Somebody else's message of about the same time; more often than not it is a post.
  const near = Math.max(1, sequence - (chance % 3))
  const of = { network: NETWORK, id: idOf((feed + 1 + (chance % 197)) % FEEDS, near) }
  const kind = chance % 20
  if (kind < 12) return { ...common, ...post(chance, kind < 6 ? of : undefined) }
  if (kind < 17) return { ...common, kind: 'react', of, emoji: '❤', on: true }
  if (kind < 19) return { ...common, kind: 'follow', whom: people[chance % FEEDS]!, on: true }
  return { ...common, kind: 'profile', of: actor, name: `Name ${sequence}` }
}

function post(chance: number, answered: Ref | undefined) {
  const body = Array.from(
    { length: 30 },
    (_, i) => WORDS[(chance >> (i % 20)) % WORDS.length],
  ).join(' ')
  const content = {
    text: { format: 'markdown', body },
    mentions: [],
    tags: chance % 10 === 0 ? [`tag${chance % 50}`] : [],
    attachments: [],
  } as const
  const thread = answered && { root: answered, parent: answered }
  return { kind: 'post', content, audience: 'public', ...thread } as const
}

function idOf(feed: number, sequence: number): string {
  return `%${digest(`${feed} ${sequence}`)}.sha256`
}

function numberOf(feed: number, sequence: number): number {
  return Math.imul(feed * 7919 + sequence, 2_654_435_761) >>> 5
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
