import type { Deed } from '#model/deed.ts'
import type { Intake } from '#network/host.ts'
import { clampTime, rankOf, stampOf } from '#store/stamp.ts'
import type { Copy } from '#store/tables/copies.ts'
import { findArrivals, type Arrival } from '#store/tables/records.ts'
import type { Scene } from '#social/receive/scene.ts'

/** A deed with what the node knows of it. */
export type Item<D extends Deed = Deed> = {
  readonly deed: D
  readonly actor: number
  readonly copy: Copy
  /** Clamped: never later than it arrived. */
  readonly at: number
  readonly stamp: number
  /** Worth among deeds of the same actor. */
  readonly rank: number
  /** False while the signature of its record is not checked. */
  readonly checked: boolean
}

/** Deeds by kind. */
export type Items = { readonly [K in Deed['kind']]: Item<Extract<Deed, { kind: K }>>[] }

/** Sorts the deeds of an intake by kind; duplicates and deeds of refused records are left out. */
export async function itemsOf(
  scene: Scene,
  intake: Intake,
  refused: ReadonlySet<number>,
): Promise<Items> {
  const arrivals = await arrivalsOf(scene, intake)
  const items = emptyItems()
  const seen = new Set<number>()
  const take = (deed: Deed, checked: boolean): void => {
    const actor = scene.person(deed.actor)
    const copy = scene.copy(deed.ref)
    if (actor === undefined || !copy || refused.has(copy.id)) return
    if (deed.kind === 'post' || deed.kind === 'message') {
      // One record is one post or one message; of other kinds it may say several (follow two people).
      if (seen.has(copy.id)) return
      seen.add(copy.id)
    }
    const { arrived, sequence } = arrivals.get(copy.nr ?? 0) ?? {
      arrived: scene.now,
      sequence: null,
    }
    const at = clampTime(deed.at, arrived)
    const stamp = stampOf(at, copy.hash)
    const rank = rankOf(stamp, true, sequence)
    const item = { deed, actor, copy, at, stamp, rank, checked }
    ;(items[deed.kind] as Item[]).push(item)
  }
  for (const deed of intake.confirmed ?? []) take(deed, true)
  for (const deed of intake.deeds ?? []) take(deed, true)
  for (const deed of intake.provisional ?? []) {
    if (deed.kind === 'post' || deed.kind === 'message') take(deed, false)
  }
  return items
}

function emptyItems(): Items {
  return {
    profile: [],
    post: [],
    message: [],
    edit: [],
    delete: [],
    react: [],
    share: [],
    follow: [],
    'answer-follow': [],
    block: [],
    subscribe: [],
    event: [],
    move: [],
  }
}

/** When each deed's record came: those of this intake now, others when they did. */
async function arrivalsOf(scene: Scene, intake: Intake): Promise<Map<number, Arrival>> {
  const arrivals = new Map<number, Arrival>()
  const old = new Set<number>()
  for (const { id, sequence } of intake.records ?? []) {
    const copy = scene.copy({ network: scene.network, id })
    if (!copy || copy.nr === null) continue
    arrivals.set(copy.nr, { arrived: scene.now, sequence: sequence ?? null })
    if (!scene.fresh(copy)) old.add(copy.nr)
  }
  for (const deeds of [intake.provisional, intake.confirmed, intake.deeds]) {
    for (const deed of deeds ?? []) {
      const copy = scene.copy(deed.ref)
      if (copy && copy.nr !== null && !scene.fresh(copy)) old.add(copy.nr)
    }
  }
  for (const [nr, arrival] of await findArrivals(scene.tx, [...old])) arrivals.set(nr, arrival)
  return arrivals
}
