import type { Ref } from '#model/ref.ts'
import { bulkStatement } from '#store/bulk.ts'
import type { Reading } from '#social/read/reading.ts'
import type { PersonView } from '#social/views.ts'

/** What a person's view is made of. */
export type PersonRow = {
  readonly id: number
  readonly network: string
  readonly ref: string
  readonly name: string | null
  readonly about: string | null
  readonly avatar: string | null
  readonly local: number
}

const FIND = bulkStatement(
  { id: 'int' },
  `select i.id, i.network, i.ref, i.name, i.about, i.avatar, i.local
   from v join identity i on i.id = v.id`,
)

/** Views of these people, by id. */
export async function viewPeople(
  reading: Reading,
  ids: Iterable<number>,
): Promise<Map<number, PersonView>> {
  const distinct = [...new Set(ids)].map((id) => [id])
  const rows = await reading.store.lookup.all<PersonRow>(FIND, distinct)
  return new Map(rows.map((row) => [row.id, viewPerson(reading, row)]))
}

/** One person's view. */
export function viewPerson(reading: Reading, row: PersonRow): PersonView {
  const ref = { network: row.network, id: row.ref }
  const handle = reading.networks.get(row.network)?.display(ref).handle ?? row.ref
  return {
    id: String(row.id),
    ref,
    handle,
    ...(row.name !== null && { name: row.name }),
    ...(row.about !== null && { about: row.about }),
    ...(row.avatar !== null && { avatar: JSON.parse(row.avatar) as Ref }),
    local: row.local === 1,
  }
}
