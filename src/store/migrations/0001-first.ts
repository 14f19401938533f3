import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import { UNSAID } from '#store/stamp.ts'
import type { ColumnTypes, Migration } from '#store/migrations/migration.ts'

/** Everything of the first release. */
export const first: Migration = {
  number: 1,
  name: 'first',
  async up(db, types) {
    await people(db, types)
    await records(db, types)
    await posts(db, types)
    await lists(db, types)
    await ties(db, types)
    await conversations(db, types)
    await events(db, types)
    await sending(db, types)
  },
}

type Table = CreateTableBuilder<string, string>

/** Adds columns of one type that must have a value. */
function ints(table: Table, types: ColumnTypes, ...names: readonly string[]): Table {
  return names.reduce<Table>((t, name) => t.addColumn(name, types.int, (c) => c.notNull()), table)
}

function zeros(table: Table, types: ColumnTypes, ...names: readonly string[]): Table {
  return names.reduce<Table>(
    (t, name) => t.addColumn(name, types.int, (c) => c.notNull().defaultTo(0)),
    table,
  )
}

function texts(table: Table, types: ColumnTypes, ...names: readonly string[]): Table {
  return names.reduce<Table>((t, name) => t.addColumn(name, types.text, (c) => c.notNull()), table)
}

function optional(
  table: Table,
  type: ColumnTypes['int'] | ColumnTypes['text'],
  ...names: readonly string[]
): Table {
  return names.reduce<Table>((t, name) => t.addColumn(name, type), table)
}

function table(db: Kysely<unknown>, name: string, types: ColumnTypes, key?: string): Table {
  const made: Table = db.schema.createTable(name)
  return key ? made.addColumn(key, types.int, (c) => c.primaryKey().notNull()) : made
}

/** Keeps the rows in the primary key, where the engine can. Its name is unique, as PostgreSQL wants it. */
function clustered(
  made: Table,
  types: ColumnTypes,
  name: string,
  ...key: readonly string[]
): Table {
  return made.addPrimaryKeyConstraint(`${name}_key`, key as never).modifyEnd(types.clustered)
}

async function people(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await texts(db.schema.createTable('meta'), types, 'value')
    .addColumn('key', types.text, (c) => c.primaryKey())
    .execute()
  await ints(table(db, 'person', types, 'id'), types, 'created_at').execute()
  let identity = texts(table(db, 'identity', types, 'id'), types, 'network', 'ref')
  identity = optional(identity, types.int, 'person_id', 'moved_to')
  identity = optional(identity, types.text, 'name', 'about', 'avatar')
  identity = zeros(identity, types, 'local')
  for (const field of ['name', 'about', 'avatar', 'moved']) {
    identity = identity.addColumn(`${field}_rank`, types.int, (c) => c.notNull().defaultTo(UNSAID))
  }
  await identity.addUniqueConstraint('identity_ref', ['network', 'ref']).execute()
  await sql`create index identity_local on identity(person_id) where local = 1`.execute(db)
}

async function records(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  let feed = texts(table(db, 'feed', types, 'identity_id'), types, 'network')
  feed = optional(feed, types.int, 'head_id')
  await zeros(feed, types, 'sequence', 'checked', 'bytes', 'records').execute()
  let copy = texts(table(db, 'copy', types, 'id'), types, 'network', 'ref')
  copy = zeros(optional(ints(copy, types, 'hash'), types.int, 'main_id', 'nr'), types, 'pending')
  await copy.execute()
  await sql`create index copy_hash on copy(hash)`.execute(db)
  await sql`create index copy_main on copy(main_id) where main_id is not null`.execute(db)
  const record = ints(table(db, 'record', types, 'nr'), types, 'copy_id', 'feed_id')
    .addColumn('sequence', types.int)
    .addColumn('bytes', types.bytes, (c) => c.notNull())
  await ints(record, types, 'arrived').execute()
  await sql`create unique index record_sequence on record(feed_id, sequence)`.execute(db)
}

async function posts(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  let post = ints(table(db, 'post', types, 'nr'), types, 'copy_id', 'id', 'author_id', 'at')
  post = optional(post, types.int, 'root_id', 'parent_id', 'fork_id')
  await zeros(texts(post, types, 'audience', 'content'), types, 'deleted').execute()
  await sql`create unique index post_id on post(id)`.execute(db)
  await sql`create index post_author on post(author_id, id)`.execute(db)
  await sql`create index post_root on post(root_id, parent_id, id) where root_id is not null`.execute(
    db,
  )
  await ints(table(db, 'own', types, 'copy_id'), types, 'owner_id', 'author_id').execute()
  let change = ints(table(db, 'change', types), types, 'copy_id', 'actor_id', 'rank')
  change = optional(texts(change, types, 'kind'), types.text, 'content')
  await clustered(change, types, 'change', 'copy_id', 'actor_id', 'kind').execute()
  await ints(table(db, 'reserved', types, 'copy_id'), types, 'id').execute()
}

async function lists(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const pair = async (name: string, a: string, b: string) =>
    clustered(ints(table(db, name, types), types, a, b), types, name, a, b).execute()
  await pair('reads', 'author_id', 'owner_id')
  await pair('home', 'owner_id', 'post_id')
  const tag = ints(texts(table(db, 'tag', types), types, 'tag'), types, 'post_id')
  await clustered(tag, types, 'tag', 'tag', 'post_id').execute()
  let seen = ints(table(db, 'notification', types), types, 'owner_id', 'subject_id', 'actor_id')
  seen = texts(ints(seen, types, 'id'), types, 'kind')
  await clustered(seen, types, 'notification', 'owner_id', 'subject_id', 'actor_id').execute()
  await sql`create index notification_id on notification(owner_id, id)`.execute(db)
}

async function ties(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  let reaction = ints(table(db, 'reaction', types), types, 'copy_id', 'actor_id', 'active')
  reaction = texts(ints(reaction, types, 'rank', 'stamp'), types, 'emoji')
  await clustered(reaction, types, 'reaction', 'copy_id', 'actor_id').execute()
  await ints(table(db, 'share', types, 'copy_id'), types, 'of_id', 'actor_id', 'stamp').execute()
  await sql`create index share_of on share(of_id)`.execute(db)
  let tie = texts(ints(table(db, 'tie', types), types, 'from_id'), types, 'kind')
  tie = ints(tie, types, 'to_id', 'active', 'rank', 'stamp')
  await clustered(tie, types, 'tie', 'from_id', 'kind', 'to_id').execute()
  await sql`create index tie_to on tie(to_id, kind, from_id)`.execute(db)
  const subscription = texts(
    ints(table(db, 'subscription', types), types, 'identity_id'),
    types,
    'tag',
  )
  await clustered(
    ints(subscription, types, 'active', 'rank'),
    types,
    'subscription',
    'identity_id',
    'tag',
  ).execute()
}

async function conversations(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const conversation = texts(table(db, 'conversation', types, 'id'), types, 'people')
  await zeros(conversation, types, 'last_id', 'read_id')
    .addUniqueConstraint('conversation_people', ['people'] as never)
    .execute()
  await sql`create index conversation_last on conversation(last_id)`.execute(db)
  const person = ints(
    table(db, 'conversation_person', types),
    types,
    'conversation_id',
    'identity_id',
  )
  await clustered(person, types, 'conversation_person', 'conversation_id', 'identity_id').execute()
  let message = ints(table(db, 'message', types, 'nr'), types, 'copy_id', 'id', 'conversation_id')
  message = optional(ints(message, types, 'author_id', 'at'), types.int, 'root_id', 'parent_id')
  await zeros(texts(message, types, 'content'), types, 'deleted').execute()
  await sql`create unique index message_id on message(id)`.execute(db)
  await sql`create index message_conversation on message(conversation_id, id)`.execute(db)
}

async function events(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  let event = optional(
    table(db, 'event', types, 'copy_id'),
    types.text,
    'title',
    'about',
    'place',
    'image',
  )
  event = optional(event, types.int, 'starts')
  for (const field of ['title', 'about', 'place', 'image', 'starts']) {
    event = event.addColumn(`${field}_rank`, types.int, (c) => c.notNull().defaultTo(-1))
  }
  await event.execute()
  const attendance = ints(
    table(db, 'attendance', types),
    types,
    'copy_id',
    'actor_id',
    'active',
    'rank',
  )
  await clustered(attendance, types, 'attendance', 'copy_id', 'actor_id').execute()
}

async function sending(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  let outbox = texts(table(db, 'outbox', types, 'id'), types, 'key', 'network', 'kind', 'deed')
  outbox = optional(ints(outbox, types, 'created_at'), types.int, 'copy_id')
  await zeros(outbox, types, 'expanded')
    .addUniqueConstraint('outbox_key', ['key', 'network'] as never)
    .execute()
  await sql`create index outbox_copy on outbox(copy_id) where copy_id is not null`.execute(db)
  let delivery = texts(
    ints(table(db, 'delivery', types), types, 'outbox_id'),
    types,
    'target',
    'state',
  )
  delivery = optional(zeros(delivery, types, 'attempt', 'due_at'), types.text, 'why')
  await clustered(delivery, types, 'delivery', 'outbox_id', 'target').execute()
  await sql`create index delivery_due on delivery(due_at) where state in ('waiting', 'retry')`.execute(
    db,
  )
  const keyed = texts(table(db, 'keyed', types), types, 'network', 'key')
  await clustered(ints(keyed, types, 'copy_id'), types, 'keyed', 'network', 'key').execute()
  await sql`create index keyed_copy on keyed(copy_id)`.execute(db)
  const box = texts(db.schema.createTable('state_box') as Table, types, 'network', 'key')
  await box
    .addColumn('value', types.bytes, (c) => c.notNull())
    .addPrimaryKeyConstraint('state_box_key', ['network', 'key'] as never)
    .modifyEnd(types.clustered)
    .execute()
}
