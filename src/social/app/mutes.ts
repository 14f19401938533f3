import { stampOf } from '#store/stamp.ts'
import { refreshReads } from '#store/tables/home.ts'
import { keepTies } from '#store/tables/ties.ts'
import type { Reading } from '#social/read/reading.ts'

/** Stops showing somebody to the person, or shows them again. It stays here: nobody is told. */
export async function setMute(
  { store, owner, me }: Reading,
  person: number,
  on: boolean,
  now: number,
): Promise<void> {
  await store.write(async (tx) => {
    await tx.lock('receive')
    const known = await tx.db
      .selectFrom('tie')
      .select('rank')
      .where('from_id', '=', me[0])
      .where('kind', '=', 'mute')
      .where('to_id', '=', person)
      .executeTakeFirst()
    const row = { from_id: me[0], kind: 'mute', to_id: person, active: Number(on) }
    await keepTies(tx, [{ ...row, rank: (known?.rank ?? 0) + 1, stamp: stampOf(now, 0) }])
    await refreshReads(tx, owner, person)
  })
}
