import { randomUUID } from 'node:crypto'
import type { Clock } from '#base/clock.ts'
import type { Draft } from '#model/deed.ts'
import type { Network } from '#network/network.ts'
import type { Parcel } from '#network/outbox.ts'
import { LEASE, type Router } from '#network/router.ts'
import type { Store, Transaction } from '#store/store.ts'
import { nextId } from '#store/tables/copies.ts'
import { RefusedError, TooLongError } from '#social/errors.ts'
import { publishedBy } from '#social/publish/published.ts'
import type { Published } from '#social/social.ts'

/** One deed as each network would carry it, or why a network cannot. */
export type Plan = ReadonlyMap<Network, Draft | { readonly why: string }>

export type Publisher = {
  readonly store: Store
  readonly clock: Clock
  readonly router: Router
}

/**
 * Writes a deed to disk with one row a network, then sends it; resolves when every network has been tried once.
 *
 * @param key the same key published twice is one deed; a fresh one is made where it is absent
 * @throws RefusedError when no network can carry it, TooLongError when it fits none; nothing is changed then
 */
export async function publish(
  publisher: Publisher,
  plan: Plan,
  key: string = randomUUID(),
): Promise<Published> {
  const { store, clock, router } = publisher
  const checked = new Map([...plan].map(([network, draft]) => [network, check(network, draft)]))
  if (![...checked.values()].some(isDraft)) throw refusal(checked)
  const now = clock.now()
  const parcels = await store.write((tx) => write(tx, checked, key, now))
  await router.dispatch(parcels)
  return await publishedBy(store, key)
}

type Unfit = { readonly why: string; readonly tooLong?: { length: number; limit: number } }
type Checked = Draft | Unfit

function isDraft(planned: Checked): planned is Draft {
  return 'kind' in planned
}

/** What the network's abilities say of the deed. */
function check({ abilities, title }: Network, draft: Draft | { readonly why: string }): Checked {
  if (!('kind' in draft)) return draft
  if (!abilities.deeds.has(draft.kind)) return { why: `${title} cannot carry this.` }
  if ('content' in draft) {
    const { length } = draft.content.text.body
    const limit = abilities.maxText
    if (length > limit) {
      return { why: `The text is longer than ${limit} characters.`, tooLong: { length, limit } }
    }
  }
  if (draft.kind === 'message' && draft.to.length > abilities.maxRecipients) {
    return { why: `${title} carries messages to at most ${abilities.maxRecipients} people.` }
  }
  return draft
}

function refusal(checked: ReadonlyMap<Network, Checked>): Error {
  const reasons = [...checked.values()].filter((planned): planned is Unfit => !isDraft(planned))
  const long = reasons.flatMap(({ tooLong }) => tooLong ?? [])
  const longest = long.sort((a, b) => b.limit - a.limit)[0]
  if (longest && long.length === reasons.length) {
    return new TooLongError(longest.length, longest.limit)
  }
  if (reasons.length === 0) return new RefusedError('No network is set up to carry this.')
  return new RefusedError([...new Set(reasons.map(({ why }) => why))].join(' '))
}

/** The deed and where it must go, in one transaction; nothing when the key is known. */
async function write(
  tx: Transaction,
  checked: ReadonlyMap<Network, Checked>,
  key: string,
  now: number,
): Promise<Parcel[]> {
  await tx.lock('outbox')
  const known = tx.db.selectFrom('outbox').select('id').where('key', '=', key)
  if (await known.executeTakeFirst()) return []
  let id = await nextId(tx, 'outbox')
  const parcels: Parcel[] = []
  const kind = [...checked.values()].find(isDraft)!.kind
  for (const [{ name: network }, planned] of checked) {
    const deed = isDraft(planned) ? JSON.stringify(planned) : '{}'
    await tx.db
      .insertInto('outbox')
      .values({ id, key, network, kind, deed, created_at: now, copy_id: null, expanded: 0 })
      .execute()
    const state = isDraft(planned) ? 'waiting' : 'unsupported'
    const why = isDraft(planned) ? null : planned.why
    const due_at = now + LEASE
    await tx.db
      .insertInto('delivery')
      .values({ outbox_id: id, target: '', state, attempt: 0, due_at, why })
      .execute()
    if (isDraft(planned)) {
      parcels.push({ id, network, key, deed: planned, target: '', expanded: false, attempt: 0 })
    }
    id += 1
  }
  return parcels
}
