import type { MessageRow, PostRow } from '#store/schema.ts'
import { bulkStatement, type BulkStatement } from '#store/bulk.ts'
import type { Transaction } from '#store/store.ts'

const ADD = bulkStatement(
  {
    nr: 'int',
    copy_id: 'int',
    id: 'int',
    author_id: 'int',
    root_id: 'int',
    parent_id: 'int',
    fork_id: 'int',
    audience: 'text',
    at: 'int',
    content: 'text',
    deleted: 'int',
  },
  `insert into post(nr, copy_id, id, author_id, root_id, parent_id, fork_id, audience, at, content, deleted)
   select nr, copy_id, id, author_id, root_id, parent_id, fork_id, audience, at, content, deleted
   from v where true`,
)

/** Adds posts that are not there yet. */
export async function addPosts(tx: Transaction, posts: readonly PostRow[]): Promise<void> {
  await tx.bulk.run(
    ADD,
    posts.map((p) => [
      p.nr,
      p.copy_id,
      p.id,
      p.author_id,
      p.root_id,
      p.parent_id,
      p.fork_id,
      p.audience,
      p.at,
      p.content,
      p.deleted,
    ]),
  )
}

const ADD_MESSAGE = bulkStatement(
  {
    nr: 'int',
    copy_id: 'int',
    id: 'int',
    conversation_id: 'int',
    author_id: 'int',
    root_id: 'int',
    parent_id: 'int',
    at: 'int',
    content: 'text',
    deleted: 'int',
  },
  `insert into message(nr, copy_id, id, conversation_id, author_id, root_id, parent_id, at, content, deleted)
   select nr, copy_id, id, conversation_id, author_id, root_id, parent_id, at, content, deleted
   from v where true`,
)

/** Adds private messages that are not there yet. */
export async function addMessages(tx: Transaction, messages: readonly MessageRow[]): Promise<void> {
  await tx.bulk.run(
    ADD_MESSAGE,
    messages.map((m) => [
      m.nr,
      m.copy_id,
      m.id,
      m.conversation_id,
      m.author_id,
      m.root_id,
      m.parent_id,
      m.at,
      m.content,
      m.deleted,
    ]),
  )
}

const IN_POST = bulkStatement(
  { nr: 'int' },
  'select p.copy_id, p.id, p.author_id, p.root_id from v join post p on p.nr = v.nr',
)
const IN_MESSAGE = bulkStatement(
  { nr: 'int' },
  'select m.copy_id, m.id, m.author_id, m.root_id from v join message m on m.nr = v.nr',
)

/** A post or message that is here. */
export type Known = {
  readonly copy_id: number
  readonly id: number
  readonly author_id: number
  readonly root_id: number | null
}

/** Those of these numbers of arrival that are posts (or messages) here, by main copy. */
export async function findKnown(
  tx: Transaction,
  table: 'post' | 'message',
  nrs: readonly number[],
): Promise<Map<number, Known>> {
  const statement = table === 'post' ? IN_POST : IN_MESSAGE
  const rows = await tx.bulk.all<Known>(
    statement,
    nrs.map((nr) => [nr]),
  )
  return new Map(rows.map((row) => [row.copy_id, row]))
}

const TAKEN_POSTS = bulkStatement({ id: 'int' }, 'select p.id from v join post p on p.id = v.id')
const TAKEN_MESSAGES = bulkStatement(
  { id: 'int' },
  'select m.id from v join message m on m.id = v.id',
)
const RESERVED = bulkStatement(
  { id: 'int' },
  'select r.copy_id, r.id from v join reserved r on r.copy_id = v.id',
)

/**
 * Gives every copy the id of its stamp, or the next that is free; during a rebuild the one that it had.
 *
 * @param wanted stamps by main copy
 */
export async function assignIds(
  tx: Transaction,
  wanted: ReadonlyMap<number, number>,
  rebuilding: boolean,
): Promise<Map<number, number>> {
  const ids = new Map(wanted)
  if (rebuilding) {
    const copies = [...wanted.keys()].map((copy) => [copy])
    const kept = await tx.bulk.all<{ copy_id: number; id: number }>(RESERVED, copies)
    for (const { copy_id, id } of kept) ids.set(copy_id, id)
  }
  const used = new Set<number>()
  let open = [...ids]
  while (open.length > 0) {
    const taken = await takenIds(
      tx,
      open.map(([, id]) => id),
    )
    const again: [number, number][] = []
    for (const [copy, id] of open) {
      if (taken.has(id) || used.has(id)) again.push([copy, id + 1])
      else {
        used.add(id)
        ids.set(copy, id)
      }
    }
    open = again
  }
  return ids
}

async function takenIds(tx: Transaction, ids: readonly number[]): Promise<Set<number>> {
  const rows = ids.map((id) => [id])
  const taken = new Set<number>()
  for (const statement of [TAKEN_POSTS, TAKEN_MESSAGES] satisfies BulkStatement[]) {
    for (const { id } of await tx.bulk.all<{ id: number }>(statement, rows)) taken.add(id)
  }
  return taken
}

const ADD_TAG = bulkStatement(
  { tag: 'text', post_id: 'int' },
  'insert into tag(tag, post_id) select tag, post_id from v where true on conflict do nothing',
)

/** Puts posts under their tags. */
export async function addTags(
  tx: Transaction,
  tags: readonly (readonly [tag: string, post: number])[],
): Promise<void> {
  await tx.bulk.run(ADD_TAG, tags)
}
