import { logger } from '#base/log.ts'
import type { Ref } from '#model/ref.ts'
import type { Network } from '#network/network.ts'
import { openRouter } from '#network/router.ts'
import { RebuildingError } from '#store/errors.ts'
import { adoptIdentities } from '#social/adopt.ts'
import { appSide, type AppSocial } from '#social/app/app-social.ts'
import type { SocialCore } from '#social/core.ts'
import { NotFoundError } from '#social/errors.ts'
import { storeOutbox } from '#social/outbox.ts'
import { deliveriesOf, keyOf } from '#social/publish/published.ts'
import type { Publisher } from '#social/publish/publish.ts'
import { conversationsOf, messagesIn } from '#social/read/conversations.ts'
import { findPerson, findPost, localId } from '#social/read/names.ts'
import { viewPeople } from '#social/read/people.ts'
import { followedBy, profileOf } from '#social/read/profiles.ts'
import type { Reading } from '#social/read/reading.ts'
import { threadOf } from '#social/read/thread.ts'
import {
  authorTimeline,
  homeTimeline,
  publicTimeline,
  tagTimeline,
} from '#social/read/timelines.ts'
import { isRebuilding } from '#social/reindex.ts'
import type { Social } from '#social/social.ts'
import { writingSide } from '#social/writing.ts'

/** The door with what the node does to it. */
export interface OpenSocial extends Social, AsyncDisposable {
  /** What apps ask beside. */
  readonly app: AppSocial
  /** Starts bringing to the networks what waits, from before too; call it once they have started. */
  start(): void
}

export type SocialParts = {
  readonly core: SocialCore
  /** The enabled networks, opened. */
  readonly networks: readonly Network[]
  /** The person's identities, at least one; the first stands for them. */
  readonly identities: readonly Ref[]
}

/**
 * Opens the door for the node's person. To be done before the networks start, so that what arrives finds its readers.
 *
 * @throws RangeError without an identity
 */
export async function openSocial({ core, networks, identities }: SocialParts): Promise<OpenSocial> {
  const { store, clock, bus } = core
  await adoptIdentities(store, identities, clock.now())
  const byName = new Map(networks.map((network) => [network.name, network]))
  const reading = await readingFor(core, byName, identities)
  const router = openRouter({
    outbox: storeOutbox(store),
    networks: byName,
    clock,
    log: logger('router'),
    alone: store.engine === 'sqlite',
  })
  core.state.rebuilding = await isRebuilding(store)
  const publisher: Publisher = { store, clock, router }
  return {
    ...writingSide(reading, publisher),
    ...whenBuilt(readingSide(reading), core),
    app: whenBuilt(appSide(reading, clock), core),
    changes: (signal) => bus.listen(signal),
    start: () => router.start(),
    [Symbol.asyncDispose]: () => router[Symbol.asyncDispose](),
  }
}

async function readingFor(
  { store }: SocialCore,
  networks: ReadonlyMap<string, Network>,
  identities: readonly Ref[],
): Promise<Reading> {
  const ids: number[] = []
  let owner = 0
  for (const { network, id } of identities) {
    const row = await store.read
      .selectFrom('identity')
      .select(['id', 'person_id'])
      .where('network', '=', network)
      .where('ref', '=', id)
      .executeTakeFirstOrThrow()
    ids.push(row.id)
    owner = row.person_id ?? 0
  }
  const [first, ...others] = ids
  if (first === undefined) throw new RangeError('the person has no identity')
  return { store, networks, owner, me: [first, ...others] }
}

type Reads = Omit<Social, keyof ReturnType<typeof writingSide> | 'changes'>

/** Lists are refused while the indexes are rebuilt, because they would look complete. */
function whenBuilt<R extends object>(reads: R, { state }: SocialCore): R {
  const guarded = Object.entries(reads).map(([name, read]) => [
    name,
    async (...args: readonly unknown[]) => {
      if (state.rebuilding) throw new RebuildingError()
      return await (read as (...args: readonly unknown[]) => Promise<unknown>)(...args)
    },
  ])
  return Object.fromEntries(guarded) as R
}

function readingSide(reading: Reading): Reads {
  return {
    async me() {
      const [id] = reading.me
      return (await viewPeople(reading, [id])).get(id)!
    },
    home: (page) => homeTimeline(reading, page),
    all: (page) => publicTimeline(reading, page),
    tagged: (tag, page) => tagTimeline(reading, tag, page),
    postsOf: async (person, page) =>
      authorTimeline(reading, await findPerson(reading, person), page),
    thread: async (post) => threadOf(reading, (await findPost(reading, post)).id),
    profile: async (person) => profileOf(reading, await findPerson(reading, person)),
    following: async (person, page) => followedBy(reading, await findPerson(reading, person), page),
    conversations: (page) => conversationsOf(reading, page),
    async messages(conversation, page) {
      const id = localId(conversation)
      if (id === undefined) throw new NotFoundError('conversation', conversation)
      return await messagesIn(reading, id, page)
    },
    deliveries: (id) => deliveriesFor(reading, id),
  }
}

async function deliveriesFor({ store }: Reading, text: string) {
  const id = localId(text) ?? -1
  for (const table of ['post', 'message'] as const) {
    const row = await store.read
      .selectFrom(table)
      .select('copy_id')
      .where('id', '=', id)
      .executeTakeFirst()
    if (!row) continue
    const key = await keyOf(store, row.copy_id)
    return key === undefined ? [] : await deliveriesOf(store.read, key)
  }
  throw new NotFoundError('post or message', text)
}
