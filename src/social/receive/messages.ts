import type { MessageDeed } from '#model/deed.ts'
import { packContent } from '#store/content.ts'
import type { MessageRow, NotificationRow } from '#store/schema.ts'
import { internConversations, peopleKey, touchConversations } from '#store/tables/conversations.ts'
import { addNotifications } from '#store/tables/notifications.ts'
import { addMessages, assignIds, findKnown } from '#store/tables/posts.ts'
import { applyPending } from '#social/receive/changes.ts'
import type { Item } from '#social/receive/item.ts'
import type { Scene } from '#social/receive/scene.ts'

/** Stores private messages in their conversations. */
export async function receiveMessages(
  scene: Scene,
  items: readonly Item<MessageDeed>[],
): Promise<void> {
  if (items.length === 0) return
  const old = items.filter(({ copy }) => !scene.fresh(copy)).map(({ copy }) => copy.nr!)
  const known = await findKnown(scene.tx, 'message', old)
  const fresh = items.filter(({ copy }) => copy.main === copy.id && !known.has(copy.id))
  if (fresh.length > 0) await addNew(scene, fresh)
  await notify(
    scene,
    items.filter(({ checked }) => checked),
  )
}

async function addNew(scene: Scene, items: readonly Item<MessageDeed>[]): Promise<void> {
  const { tx } = scene
  const stamps = new Map(items.map(({ copy, stamp }) => [copy.id, stamp]))
  const ids = await assignIds(tx, stamps, scene.rebuilding)
  const keys = items.map((item) => peopleKey(readersOf(scene, item)))
  const conversations = await internConversations(tx, [...new Set(keys)])
  const rows = items.map((item, i): MessageRow => {
    const { deed, actor, copy, at } = item
    return {
      nr: copy.nr!,
      copy_id: copy.id,
      id: ids.get(copy.id)!,
      conversation_id: conversations.get(keys[i]!)!,
      author_id: actor,
      root_id: (deed.root && scene.copy(deed.root)?.main) ?? null,
      parent_id: (deed.parent && scene.copy(deed.parent)?.main) ?? null,
      at,
      content: packContent(deed.content),
      deleted: 0,
    }
  })
  await applyPending(tx, items, rows)
  await addMessages(tx, rows)
  const last = new Map<number, number>()
  for (const { conversation_id, id } of rows) {
    last.set(conversation_id, Math.max(last.get(conversation_id) ?? 0, id))
    if (!scene.rebuilding) scene.changes.push({ kind: 'message', id: String(id) })
  }
  await touchConversations(tx, last)
}

/** Everybody who can read it, the author among them. */
function readersOf(scene: Scene, { deed, actor }: Item<MessageDeed>): Set<number> {
  const people = new Set([actor])
  for (const ref of deed.to) {
    const person = scene.person(ref)
    if (person !== undefined) people.add(person)
  }
  return people
}

async function notify(scene: Scene, items: readonly Item<MessageDeed>[]): Promise<void> {
  const rows: NotificationRow[] = []
  for (const item of items) {
    const { actor, copy, stamp } = item
    if (scene.owners.has(actor)) continue
    for (const reader of readersOf(scene, item)) {
      const owner_id = scene.owners.get(reader)
      if (owner_id === undefined) continue
      rows.push({ owner_id, subject_id: copy.main, actor_id: actor, kind: 'message', id: stamp })
    }
  }
  await addNotifications(scene.tx, rows)
}
