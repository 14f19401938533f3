import type { Ref } from '#model/ref.ts'
import { hashRef } from '#store/stamp.ts'
import { NotFoundError } from '#social/errors.ts'
import type { Reading } from '#social/read/reading.ts'

/** A person that a text names: by local id, or by anything that a network recognises. */
export async function findPersonRef(reading: Reading, text: string): Promise<Ref> {
  const id = localId(text)
  if (id !== undefined) {
    const row = await reading.store.read
      .selectFrom('identity')
      .select(['network', 'ref'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (!row) throw new NotFoundError('person', text)
    return { network: row.network, id: row.ref }
  }
  const ref = recognise(reading, text, 'person')
  if (!ref) throw new NotFoundError('person', text)
  return ref
}

/** The local id of a person that is known here. */
export async function findPerson(reading: Reading, text: string): Promise<number> {
  const ref = await findPersonRef(reading, text)
  const row = await reading.store.read
    .selectFrom('identity')
    .select('id')
    .where('network', '=', ref.network)
    .where('ref', '=', ref.id)
    .executeTakeFirst()
  if (!row) throw new NotFoundError('person', text)
  return row.id
}

/** The local id and main copy of a post that is here. */
export async function findPost(
  reading: Reading,
  text: string,
): Promise<{ readonly id: number; readonly copy: number }> {
  const id = localId(text) ?? (await postOfRef(reading, text))
  const row =
    id === undefined
      ? undefined
      : await reading.store.read
          .selectFrom('post')
          .select(['id', 'copy_id as copy'])
          .where('id', '=', id)
          .executeTakeFirst()
  if (!row) throw new NotFoundError('post', text)
  return row
}

async function postOfRef(reading: Reading, text: string): Promise<number | undefined> {
  const ref = recognise(reading, text, 'post')
  if (!ref) return undefined
  const row = await reading.store.read
    .selectFrom('copy')
    .innerJoin('copy as main', (j) =>
      j.on((e) => e('main.id', '=', e.fn.coalesce('copy.main_id', 'copy.id'))),
    )
    .innerJoin('post', 'post.nr', 'main.nr')
    .select('post.id')
    .where('copy.network', '=', ref.network)
    .where('copy.hash', '=', hashRef(ref.id))
    .where('copy.ref', '=', ref.id)
    .executeTakeFirst()
  return row?.id
}

/** A local id as people write it; undefined for any other text. */
export function localId(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined
  const id = Number(text)
  return Number.isSafeInteger(id) ? id : undefined
}

/** What the first network that knows the text takes it for. */
export function recognise(
  { networks }: Pick<Reading, 'networks'>,
  text: string,
  what: 'person' | 'post',
): Ref | undefined {
  for (const network of networks.values()) {
    const found = network.recognise(text)
    if (found?.what === what) return found.ref
  }
  return undefined
}
