/** Files that apps sent, from before they are part of a post. */
import { sql } from 'kysely'
import type { UploadRow } from '#store/schema.ts'
import type { Reading } from '#social/read/reading.ts'

/** A file, its bytes being in the blob of that hash. */
export type UploadView = {
  readonly id: string
  /** SHA-256 in hexadecimal. */
  readonly hash: string
  readonly type: string
  readonly size: number
  readonly name?: string
  readonly description?: string
  /** The point that a cut shows, from -1 to 1 each way. */
  readonly focus?: readonly [x: number, y: number]
}

/** Remembers a file. */
export async function addUpload(
  { store, owner }: Reading,
  upload: Omit<UploadView, 'id'>,
  now: number,
): Promise<UploadView> {
  return await store.write(async (tx) => {
    await tx.lock('uploads')
    const { last } = await tx.db
      .selectFrom('upload')
      .select(sql<number>`coalesce(max(id), 0)`.as('last'))
      .executeTakeFirstOrThrow()
    const id = last + 1
    const { hash, type, size } = upload
    const row = { id, owner_id: owner, hash, type, size, created_at: now, ...textsOf(upload) }
    await tx.db
      .insertInto('upload')
      .values({ name: upload.name ?? null, ...row })
      .execute()
    return { ...upload, id: String(id) }
  })
}

/** The person's file of that id. */
export async function uploadOf(
  { store, owner }: Reading,
  id: number,
): Promise<UploadView | undefined> {
  const row = await store.read
    .selectFrom('upload')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', owner)
    .executeTakeFirst()
  return row && viewOf(row)
}

/** Changes what is said of a file. */
export async function describeUpload(
  { store, owner }: Reading,
  id: number,
  said: Pick<UploadView, 'description' | 'focus'>,
): Promise<void> {
  await store.write(({ db }) =>
    db
      .updateTable('upload')
      .set(textsOf(said))
      .where('id', '=', id)
      .where('owner_id', '=', owner)
      .execute(),
  )
}

/** Forgets a file; its bytes stay, others may have the same. */
export async function dropUpload({ store, owner }: Reading, id: number): Promise<void> {
  await store.write(({ db }) =>
    db.deleteFrom('upload').where('id', '=', id).where('owner_id', '=', owner).execute(),
  )
}

function textsOf({ description, focus }: Pick<UploadView, 'description' | 'focus'>) {
  return { description: description ?? null, focus: focus ? focus.join(',') : null }
}

function viewOf({ id, hash, type, size, name, description, focus }: UploadRow): UploadView {
  const [x, y] = focus?.split(',').map(Number) ?? []
  return {
    id: String(id),
    hash,
    type,
    size,
    ...(name !== null && { name }),
    ...(description !== null && { description }),
    ...(x !== undefined && y !== undefined && { focus: [x, y] as const }),
  }
}
