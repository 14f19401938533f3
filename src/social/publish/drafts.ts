/** Deeds as each network would carry them: one identity of the person and refs of that network only. */
import type { Draft } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import type { Network } from '#network/network.ts'
import type { Plan } from '#social/publish/publish.ts'
import type { Reading } from '#social/read/reading.ts'

type Made = Draft | { readonly why: string }

/** A plan over every network that the person has an identity in. */
export async function planFor(
  reading: Reading,
  draft: (actor: Ref, network: Network) => Made,
): Promise<Plan> {
  const plan = new Map<Network, Made>()
  for (const [network, actor] of await actorsOf(reading)) plan.set(network, draft(actor, network))
  return plan
}

async function actorsOf({ store, networks, me }: Reading): Promise<Map<Network, Ref>> {
  const rows = await store.read
    .selectFrom('identity')
    .select(['network', 'ref'])
    .where('id', 'in', me)
    .orderBy('id')
    .execute()
  const actors = new Map<Network, Ref>()
  for (const row of rows) {
    const network = networks.get(row.network)
    if (network && !actors.has(network)) actors.set(network, { network: row.network, id: row.ref })
  }
  return actors
}

/** A plan for something done to one person: only their network can carry it. */
export async function planForPerson(
  reading: Reading,
  person: Ref,
  draft: (actor: Ref) => Draft,
): Promise<Plan> {
  const plan = await planFor(reading, draft)
  return new Map([...plan].filter(([network]) => network.name === person.network))
}

/** Refs of all copies of a post, by network. */
export async function copiesOf({ store }: Reading, main: number): Promise<Map<string, Ref>> {
  const rows = await store.read
    .selectFrom('copy')
    .select(['network', 'ref'])
    .where((e) => e.or([e('id', '=', main), e('main_id', '=', main)]))
    .execute()
  return new Map(rows.map(({ network, ref }) => [network, { network, id: ref }]))
}

/** What answers a post: its thread, its place and who wrote what is answered, by network. */
export async function answerTo(
  reading: Reading,
  post: { readonly copy: number },
): Promise<(network: string) => { readonly root: Ref; readonly parent: Ref } | undefined> {
  const row = await reading.store.read
    .selectFrom('post')
    .select('root_id')
    .where('nr', 'in', (e) => e.selectFrom('copy').select('nr').where('id', '=', post.copy))
    .executeTakeFirst()
  const parents = await copiesOf(reading, post.copy)
  const roots = row?.root_id ? await copiesOf(reading, row.root_id) : parents
  return (network) => {
    const parent = parents.get(network)
    const root = roots.get(network) ?? parent
    return parent && root && { root, parent }
  }
}
