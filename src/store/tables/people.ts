import { bulkStatement } from '#store/bulk.ts'
import type { Transaction } from '#store/store.ts'
import { nextId } from '#store/tables/copies.ts'

const FIND = bulkStatement(
  { network: 'text', ref: 'text' },
  'select i.id, i.ref from v join identity i on i.network = v.network and i.ref = v.ref',
)

const ADD = bulkStatement(
  { id: 'int', network: 'text', ref: 'text' },
  'insert into identity(id, network, ref) select id, network, ref from v where true',
)

/** How many names are remembered a network. */
const REMEMBERED = 50_000

/** Ids of identities by network and ref, as committed: they never change, so they can be remembered. */
export interface PeopleCache {
  get(network: string, ref: string): number | undefined
  /** Only what is committed. */
  remember(network: string, people: ReadonlyMap<string, number>): void
}

/** A bounded cache. */
export function peopleCache(): PeopleCache {
  const networks = new Map<string, Map<string, number>>()
  return {
    get: (network, ref) => networks.get(network)?.get(ref),
    remember(network, people) {
      let known = networks.get(network)
      if (!known || known.size + people.size > REMEMBERED)
        networks.set(network, (known = new Map()))
      for (const [ref, id] of people) known.set(ref, id)
    },
  }
}

/** Ids of these (distinct) identities; unknown ones get a row. The caller holds the lock `receive`. */
export async function internPeople(
  tx: Transaction,
  network: string,
  refs: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.bulk.all<{ id: number; ref: string }>(
    FIND,
    refs.map((ref) => [network, ref]),
  )
  const people = new Map(rows.map(({ id, ref }) => [ref, id]))
  if (people.size === refs.length) return people
  let next = await nextId(tx, 'identity')
  const added: [number, string, string][] = []
  for (const ref of refs) {
    if (people.has(ref)) continue
    people.set(ref, next)
    added.push([next, network, ref])
    next += 1
  }
  await tx.bulk.run(ADD, added)
  return people
}

/** A claim about a person: the text (null takes it away) and what it is worth. */
export type Claim = {
  readonly person: number
  readonly value: string | null
  readonly rank: number
}

const CLAIMS = {
  name: claim('name'),
  about: claim('about'),
  avatar: claim('avatar'),
}

function claim(field: string) {
  return bulkStatement(
    { id: 'int', value: 'text', rank: 'int' },
    `update identity set ${field} = v.value, ${field}_rank = v.rank from v
     where identity.id = v.id and identity.${field}_rank < v.rank`,
  )
}

/** Keeps claims that outrank what is known; one a person. */
export async function claimFields(
  tx: Transaction,
  field: 'name' | 'about' | 'avatar',
  claims: readonly Claim[],
): Promise<void> {
  await tx.bulk.run(
    CLAIMS[field],
    claims.map(({ person, value, rank }) => [person, value, rank]),
  )
}
