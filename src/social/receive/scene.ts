/**
 * One intake with every name in it resolved: what all steps of receiving work on, inside one transaction.
 */
import { sql } from 'kysely'
import type { Deed } from '#model/deed.ts'
import { refKey, type Ref } from '#model/ref.ts'
import type { Intake, NativeRecord } from '#network/host.ts'
import type { Transaction } from '#store/store.ts'
import { internCopies, nextArrival, type Copy } from '#store/tables/copies.ts'
import { internPeople, type PeopleCache } from '#store/tables/people.ts'
import type { Change } from '#social/social.ts'

/** Longest ref that is taken, in UTF-16 units: longer ones name nothing (indexes have a limit). */
const MAX_REF = 800

export type Scene = {
  readonly tx: Transaction
  readonly network: string
  /** When this intake arrived, milliseconds since 1970. */
  readonly now: number
  /** True while the indexes are rebuilt: nothing is told to anybody. */
  readonly rebuilding: boolean
  /** Local people by the refKey of each of their identities. */
  readonly locals: ReadonlyMap<string, number>
  /** Local people by the id of each of their identities. */
  readonly owners: ReadonlyMap<number, number>
  person(ref: Ref): number | undefined
  copy(ref: Ref): Copy | undefined
  /** True when nothing of this copy was here before this intake. */
  fresh(copy: Copy): boolean
  /** Makes a copy stand for the post of another copy. */
  link(ref: Ref, main: number): void
  /** Names of people by network, to be remembered once committed. */
  readonly people: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly changes: Change[]
}

/** A ref that both engines keep as it is: well-formed, without NUL, not too long; undefined when it is none. */
export function usableRef(id: string): boolean {
  return id.length > 0 && id.length <= MAX_REF && id.isWellFormed() && !id.includes('\0')
}

type Names = Map<string, Set<string>>

/** Resolves every name of an intake; new ones get rows. */
export async function setScene(
  tx: Transaction,
  cache: PeopleCache,
  network: string,
  intake: Intake,
  now: number,
  rebuilding = false,
): Promise<Scene> {
  const people: Names = new Map()
  const copies: Names = new Map()
  for (const record of intake.records ?? []) nameRecord(record, network, people, copies)
  for (const { feed } of intake.checked ?? []) name(people, network, feed)
  const arriving = new Set((intake.records ?? []).map(({ id }) => id))
  for (const deeds of [intake.provisional, intake.confirmed, intake.deeds]) {
    for (const deed of deeds ?? []) {
      nameDeed(deed, people, copies)
      if (deed.kind === 'post' || deed.kind === 'message') arriving.add(deed.ref.id)
    }
  }
  const { locals, owners } = await localPeople(tx)
  const peopleIds = await resolvePeople(tx, cache, people)
  const copyRows = new Map<string, Map<string, Copy>>()
  const arrivals = await nextArrival(tx)
  const first = arrivals.next
  for (const [of, refs] of copies) {
    copyRows.set(of, await internCopies(tx, of, [...refs], arriving, arrivals))
  }
  return {
    tx,
    network,
    now,
    rebuilding,
    locals,
    owners,
    person: (ref) => peopleIds.get(ref.network)?.get(ref.id),
    copy: (ref) => copyRows.get(ref.network)?.get(ref.id),
    fresh: ({ nr }) => nr !== null && nr >= first,
    link(ref, main) {
      const rows = copyRows.get(ref.network)
      const copy = rows?.get(ref.id)
      if (copy) rows?.set(ref.id, { ...copy, main })
    },
    people: peopleIds,
    changes: [],
  }
}

async function localPeople(tx: Transaction): Promise<Pick<Scene, 'locals' | 'owners'>> {
  const rows = await tx.db
    .selectFrom('identity')
    .select(['id', 'network', 'ref', 'person_id'])
    .where('local', '=', sql.lit(1))
    .execute()
  const locals = new Map<string, number>()
  const owners = new Map<number, number>()
  for (const { id, network, ref, person_id } of rows) {
    if (person_id === null) continue
    locals.set(refKey({ network, id: ref }), person_id)
    owners.set(id, person_id)
  }
  return { locals, owners }
}

async function resolvePeople(
  tx: Transaction,
  cache: PeopleCache,
  people: Names,
): Promise<Map<string, Map<string, number>>> {
  const resolved = new Map<string, Map<string, number>>()
  for (const [network, refs] of people) {
    const ids = new Map<string, number>()
    const unknown: string[] = []
    for (const ref of refs) {
      const id = cache.get(network, ref)
      if (id === undefined) unknown.push(ref)
      else ids.set(ref, id)
    }
    if (unknown.length > 0) {
      for (const [ref, id] of await internPeople(tx, network, unknown)) ids.set(ref, id)
    }
    resolved.set(network, ids)
  }
  return resolved
}

function nameRecord(record: NativeRecord, network: string, people: Names, copies: Names): void {
  name(copies, network, record.id)
  name(people, network, record.feed)
}

function nameDeed(deed: Deed, people: Names, copies: Names): void {
  nameRef(people, deed.actor)
  nameRef(copies, deed.ref)
  switch (deed.kind) {
    case 'post':
      nameRef(copies, deed.root)
      nameRef(copies, deed.parent)
      nameRef(copies, deed.fork)
      break
    case 'message':
      nameRef(copies, deed.root)
      nameRef(copies, deed.parent)
      for (const ref of deed.to) nameRef(people, ref)
      break
    case 'profile':
      nameRef(people, deed.of)
      break
    case 'follow':
    case 'block':
    case 'answer-follow':
      nameRef(people, deed.whom)
      break
    case 'move':
      nameRef(people, deed.to)
      break
    case 'subscribe':
      break
    default:
      nameRef(copies, deed.of)
  }
}

function nameRef(names: Names, ref: Ref | undefined): void {
  if (ref) name(names, ref.network, ref.id)
}

function name(names: Names, network: string, id: string): void {
  let refs = names.get(network)
  if (!refs) names.set(network, (refs = new Set()))
  if (refs.has(id) || !usableRef(id)) return
  refs.add(id)
}
