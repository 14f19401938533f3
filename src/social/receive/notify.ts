import type { PostDeed } from '#model/deed.ts'
import { refKey } from '#model/ref.ts'
import type { NotificationRow, PostRow } from '#store/schema.ts'
import { addNotifications, addOwn, notifyReactions, ownersOf } from '#store/tables/notifications.ts'
import type { Item } from '#social/receive/item.ts'
import type { Scene } from '#social/receive/scene.ts'

/** Tells local people of checked posts that name them or answer them. */
export async function notifyPosts(scene: Scene, items: readonly Item<PostDeed>[]): Promise<void> {
  if (scene.owners.size === 0 || items.length === 0) return
  const answered = new Set<number>()
  for (const item of items) for (const copy of answers(scene, item)) answered.add(copy)
  const owners = await ownersOf(scene.tx, [...answered])
  const rows = new Map<string, NotificationRow>()
  for (const item of items) {
    const { actor, copy, stamp } = item
    const add = (owner: number | undefined, kind: 'mention' | 'reply'): void => {
      if (owner === undefined || owner === scene.owners.get(actor)) return
      const row = { owner_id: owner, subject_id: copy.main, actor_id: actor, kind, id: stamp }
      rows.set(`${owner} ${copy.main}`, row)
    }
    for (const { ref } of item.deed.content.mentions) add(scene.locals.get(refKey(ref)), 'mention')
    for (const target of answers(scene, item)) add(owners.get(target), 'reply')
  }
  await addNotifications(scene.tx, [...rows.values()])
}

function answers(scene: Scene, { deed }: Item<PostDeed>): number[] {
  const copies: number[] = []
  for (const ref of [deed.parent, deed.root]) {
    const copy = ref && scene.copy(ref)
    if (copy) copies.push(copy.main)
  }
  return copies
}

/**
 * Remembers which new posts are local people's; answers and reactions that came before them (after a restore) are told
 * now.
 */
export async function keepOwn(
  scene: Scene,
  items: readonly Item<PostDeed>[],
  posts: readonly PostRow[],
): Promise<void> {
  for (const [i, post] of posts.entries()) {
    const { copy_id, author_id } = post
    const owner_id = scene.owners.get(author_id)
    if (owner_id === undefined) continue
    await addOwn(scene.tx, copy_id, owner_id, author_id)
    if (!items[i]!.copy.known) continue
    await notifyEarlierAnswers(scene, post, owner_id)
    const reacted = await scene.tx.db
      .selectFrom('reaction')
      .select(['copy_id as copy', 'actor_id as actor'])
      .where('copy_id', '=', copy_id)
      .execute()
    await notifyReactions(scene.tx, reacted)
  }
}

async function notifyEarlierAnswers(scene: Scene, post: PostRow, owner_id: number): Promise<void> {
  const { copy_id, author_id, root_id } = post
  const answersTo = await scene.tx.db
    .selectFrom('post')
    .innerJoin('record', 'record.nr', 'post.nr')
    .innerJoin('feed', 'feed.identity_id', 'record.feed_id')
    .select(['post.copy_id', 'post.author_id', 'post.id'])
    .where('post.root_id', '=', root_id ?? copy_id)
    .where((e) => e.or([e('post.root_id', '=', copy_id), e('post.parent_id', '=', copy_id)]))
    .where('post.author_id', '<>', author_id)
    .where((e) =>
      e.or([e('record.sequence', 'is', null), e('record.sequence', '<=', e.ref('feed.checked'))]),
    )
    .execute()
  const rows = answersTo.map((answer): NotificationRow => {
    const subject_id = answer.copy_id
    const actor_id = answer.author_id
    return { owner_id, subject_id, actor_id, kind: 'reply', id: answer.id }
  })
  await addNotifications(scene.tx, rows)
}
