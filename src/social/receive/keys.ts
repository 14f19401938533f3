import type { Intake } from '#network/host.ts'
import { deedsOfKey, linkRecord, rememberKey } from '#store/tables/keys.ts'
import type { Scene } from '#social/receive/scene.ts'

/**
 * Joins records that came of a deed of ours with that deed: the key is on disk with the record or neither is, and copies
 * of one post in several networks are one post.
 */
export async function linkKeys(scene: Scene, intake: Intake): Promise<void> {
  const { tx, network } = scene
  for (const { id, key } of intake.records ?? []) {
    if (key === undefined) continue
    const copy = scene.copy({ network, id })
    if (!copy) continue
    await rememberKey(tx, network, key, copy.id)
    const deeds = await deedsOfKey(tx, key)
    const deed = deeds.find((one) => one.network === network)
    if (!deed || deed.copy_id !== null) continue
    await linkRecord(tx, deed.id, copy.id)
    const other = deeds.find((one) => one.copy_id !== null)
    if (other) await becomeTwin(scene, id, copy.id, other.main_id ?? other.copy_id!)
  }
}

/** From now on the copy stands for the post of the other; what already pointed at it is moved. */
async function becomeTwin(scene: Scene, ref: string, copy: number, main: number): Promise<void> {
  const { db } = scene.tx
  await db.updateTable('copy').set({ main_id: main }).where('id', '=', copy).execute()
  await db
    .updateTable('post')
    .set({ parent_id: main })
    .where('parent_id', '=', copy)
    .where('root_id', '=', copy)
    .execute()
  await db.updateTable('post').set({ root_id: main }).where('root_id', '=', copy).execute()
  scene.link({ network: scene.network, id: ref }, main)
}
