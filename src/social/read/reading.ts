import type { Network } from '#network/network.ts'
import type { Store } from '#store/store.ts'

/** What reads work with: the committed data, as one local person sees it. */
export type Reading = {
  readonly store: Store
  readonly networks: ReadonlyMap<string, Network>
  /** The person's id. */
  readonly owner: number
  /** Ids of their identities; the first is the one that stands for them. */
  readonly me: readonly [number, ...number[]]
}

/** Identities that the person does not want to see. */
export function hiddenPeople({ store, me }: Reading) {
  return store.read
    .selectFrom('tie')
    .select('to_id')
    .where('from_id', 'in', me)
    .where('kind', 'in', ['block', 'mute'])
    .where('active', '=', 1)
}
