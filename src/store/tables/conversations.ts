import { bulkStatement } from '#store/bulk.ts'
import type { Transaction } from '#store/store.ts'
import { nextId } from '#store/tables/copies.ts'

const FIND = bulkStatement(
  { people: 'text' },
  'select c.id, c.people from v join conversation c on c.people = v.people',
)
const ADD = bulkStatement(
  { id: 'int', people: 'text' },
  'insert into conversation(id, people) select id, people from v where true',
)
const ADD_PERSON = bulkStatement(
  { conversation_id: 'int', identity_id: 'int' },
  `insert into conversation_person(conversation_id, identity_id)
   select conversation_id, identity_id from v where true`,
)
const LAST = bulkStatement(
  { id: 'int', last_id: 'int' },
  `update conversation set last_id = v.last_id from v
   where conversation.id = v.id and conversation.last_id < v.last_id`,
)

/** The one name of a set of people. */
export function peopleKey(people: Iterable<number>): string {
  return [...new Set(people)].sort((a, b) => a - b).join(',')
}

/** Ids of the conversations of these (distinct) sets; unknown ones get a row. */
export async function internConversations(
  tx: Transaction,
  keys: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.bulk.all<{ id: number; people: string }>(
    FIND,
    keys.map((key) => [key]),
  )
  const found = new Map(rows.map(({ id, people }) => [people, id]))
  if (found.size === keys.length) return found
  let next = await nextId(tx, 'conversation')
  const added: [number, string][] = []
  const people: [number, number][] = []
  for (const key of keys) {
    if (found.has(key)) continue
    found.set(key, next)
    added.push([next, key])
    for (const person of key.split(',')) people.push([next, Number(person)])
    next += 1
  }
  await tx.bulk.run(ADD, added)
  await tx.bulk.run(ADD_PERSON, people)
  return found
}

/** Says which message is the newest of each conversation, where it is newer than what was known. */
export async function touchConversations(
  tx: Transaction,
  last: ReadonlyMap<number, number>,
): Promise<void> {
  await tx.bulk.run(LAST, [...last])
}
