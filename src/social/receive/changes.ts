/** Edits and deletions: they hold only for the author's own, and may come before what they change. */
import type { DeleteDeed, EditDeed } from '#model/deed.ts'
import { packContent } from '#store/content.ts'
import type { ChangeRow } from '#store/schema.ts'
import type { Transaction } from '#store/store.ts'
import type { Item } from '#social/receive/item.ts'
import type { Scene } from '#social/receive/scene.ts'

/** What a deleted text leaves behind. */
const GONE = packContent({
  text: { format: 'plain', body: '' },
  mentions: [],
  tags: [],
  attachments: [],
})

type Changeable = {
  readonly copy_id: number
  readonly author_id: number
  content: string
  deleted: number
}

/** Stores edits and deletions and applies them to what is here. */
export async function receiveChanges(
  scene: Scene,
  items: readonly (Item<EditDeed> | Item<DeleteDeed>)[],
): Promise<void> {
  for (const { deed, actor, rank } of items) {
    const copy = scene.copy(deed.of)
    if (!copy) continue
    const content = deed.kind === 'edit' ? packContent(deed.content) : null
    await keep(scene.tx, { copy_id: copy.main, actor_id: actor, kind: deed.kind, rank, content })
    await scene.tx.db.updateTable('copy').set({ pending: 1 }).where('id', '=', copy.main).execute()
    await applyTo(scene, copy.main)
  }
}

async function keep(tx: Transaction, change: ChangeRow): Promise<void> {
  await tx.db
    .insertInto('change')
    .values(change)
    .onConflict((c) =>
      c
        .columns(['copy_id', 'actor_id', 'kind'])
        .doUpdateSet((e) => ({ rank: e.ref('excluded.rank'), content: e.ref('excluded.content') }))
        .whereRef('excluded.rank', '>', 'change.rank'),
    )
    .execute()
}

async function applyTo(scene: Scene, copy: number): Promise<void> {
  const { tx } = scene
  for (const table of ['post', 'message'] as const) {
    const row = await tx.db
      .selectFrom(table)
      .select(['nr', 'id', 'copy_id', 'author_id', 'content', 'deleted'])
      .where('nr', 'in', (e) => e.selectFrom('copy').select('nr').where('id', '=', copy))
      .executeTakeFirst()
    if (!row) continue
    await change(tx, row)
    const { nr, id, content, deleted } = row
    await tx.db.updateTable(table).set({ content, deleted }).where('nr', '=', nr).execute()
    if (deleted === 1) {
      await tx.db.deleteFrom('home').where('post_id', '=', id).execute()
      await tx.db.deleteFrom('tag').where('post_id', '=', id).execute()
    }
    scene.changes.push({ kind: table, id: String(id) })
  }
}

/** Applies what waited for posts or messages that are about to be stored. */
export async function applyPending(
  tx: Transaction,
  items: readonly Item[],
  rows: readonly Changeable[],
): Promise<void> {
  for (const [i, row] of rows.entries()) if (items[i]!.copy.pending) await change(tx, row)
}

async function change(tx: Transaction, row: Changeable): Promise<void> {
  const changes = await tx.db
    .selectFrom('change')
    .selectAll()
    .where('copy_id', '=', row.copy_id)
    .where('actor_id', '=', row.author_id)
    .execute()
  for (const { kind, content } of changes) {
    if (kind === 'edit' && content !== null && row.deleted === 0) row.content = content
    if (kind !== 'delete') continue
    row.deleted = 1
    row.content = GONE
  }
}
