import type { EventDeed } from '#model/deed.ts'
import { cleanText } from '#social/receive/clean.ts'
import type { Item } from '#social/receive/item.ts'
import type { Scene } from '#social/receive/scene.ts'

/** Longest text of a gathering's fields, in UTF-16 units. */
const MAX_TEXT = 65_536

/** Keeps what is known of gatherings and who comes. */
export async function receiveEvents(
  scene: Scene,
  items: readonly Item<EventDeed>[],
): Promise<void> {
  for (const { deed, actor, rank, stamp } of items) {
    const copy_id = scene.copy(deed.of)?.main
    if (copy_id === undefined) continue
    await scene.tx.db
      .insertInto('event')
      .values({ copy_id } as never)
      .onConflict((c) => c.doNothing())
      .execute()
    for (const [field, value] of Object.entries(fieldsOf(deed))) {
      if (value === undefined) continue
      await keepField(scene, copy_id, field as keyof Fields, value, stamp)
    }
    if (deed.attending !== undefined) await attend(scene, copy_id, actor, deed.attending, rank)
  }
}

type Fields = ReturnType<typeof fieldsOf>

function fieldsOf(deed: EventDeed) {
  return {
    title: deed.title === undefined ? undefined : cleanText(deed.title, MAX_TEXT),
    about: deed.about === undefined ? undefined : cleanText(deed.about, MAX_TEXT),
    place: deed.place === undefined ? undefined : cleanText(deed.place, MAX_TEXT),
    starts: Number.isFinite(deed.starts) ? Math.trunc(deed.starts!) : undefined,
    image: deed.image === undefined ? undefined : JSON.stringify(deed.image),
  }
}

async function keepField(
  scene: Scene,
  copy: number,
  field: keyof Fields,
  value: string | number,
  rank: number,
): Promise<void> {
  await scene.tx.db
    .updateTable('event')
    .set({ [field]: value, [`${field}_rank`]: rank })
    .where('copy_id', '=', copy)
    .where(`${field}_rank`, '<', rank)
    .execute()
}

async function attend(
  scene: Scene,
  copy_id: number,
  actor_id: number,
  coming: boolean,
  rank: number,
): Promise<void> {
  await scene.tx.db
    .insertInto('attendance')
    .values({ copy_id, actor_id, active: Number(coming), rank })
    .onConflict((c) =>
      c
        .columns(['copy_id', 'actor_id'])
        .doUpdateSet((e) => ({ active: e.ref('excluded.active'), rank: e.ref('excluded.rank') }))
        .whereRef('excluded.rank', '>', 'attendance.rank'),
    )
    .execute()
}
