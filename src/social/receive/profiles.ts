import type { MoveDeed, ProfileDeed } from '#model/deed.ts'
import { rankOf } from '#store/stamp.ts'
import { claimFields, type Claim } from '#store/tables/people.ts'
import { cleanText } from '#social/receive/clean.ts'
import type { Item } from '#social/receive/item.ts'
import type { Scene } from '#social/receive/scene.ts'

/** Longest name and description that are kept, in UTF-16 units. */
const MAX_NAME = 1000
const MAX_ABOUT = 65_536

const FIELDS = ['name', 'about', 'avatar'] as const

/** Keeps what people say of themselves and of others; their own word counts more. */
export async function receiveProfiles(
  scene: Scene,
  items: readonly Item<ProfileDeed>[],
): Promise<void> {
  if (items.length === 0) return
  for (const field of FIELDS) {
    const claims = new Map<number, Claim>()
    for (const item of items) {
      const claim = claimOf(scene, item, field)
      if (!claim) continue
      const known = claims.get(claim.person)
      if (!known || claim.rank > known.rank) claims.set(claim.person, claim)
    }
    await claimFields(scene.tx, field, [...claims.values()])
  }
  if (scene.rebuilding) return
  for (const { deed } of items) {
    const person = scene.person(deed.of)
    if (person !== undefined) scene.changes.push({ kind: 'person', id: String(person) })
  }
}

function claimOf(
  scene: Scene,
  { deed, actor, stamp, rank }: Item<ProfileDeed>,
  field: (typeof FIELDS)[number],
): Claim | undefined {
  const person = scene.person(deed.of)
  if (person === undefined || deed[field] === undefined) return undefined
  const own = person === actor
  return { person, value: valueOf(deed, field), rank: own ? rank : rankOf(stamp, false, null) }
}

function valueOf(deed: ProfileDeed, field: (typeof FIELDS)[number]): string | null {
  if (field === 'name') return cleanText(deed.name!, MAX_NAME)
  if (field === 'about') return cleanText(deed.about!, MAX_ABOUT)
  return deed.avatar ? JSON.stringify(deed.avatar) : null
}

/** Keeps where people moved to. */
export async function receiveMoves(scene: Scene, items: readonly Item<MoveDeed>[]): Promise<void> {
  for (const { deed, actor, rank } of items) {
    const to = scene.person(deed.to)
    if (to === undefined) continue
    await scene.tx.db
      .updateTable('identity')
      .set({ moved_to: to, moved_rank: rank })
      .where('id', '=', actor)
      .where('moved_rank', '<', rank)
      .execute()
  }
}
