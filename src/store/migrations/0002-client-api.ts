import { sql, type CreateTableBuilder, type Kysely } from 'kysely'
import type { ColumnTypes, Migration } from '#store/migrations/migration.ts'

/** What apps of the client API need: who they are, and what they remember for their person. */
export const clientApi: Migration = {
  number: 2,
  name: 'client API',
  async up(db, types) {
    await oauth(db, types)
    await marks(db, types)
    await uploads(db, types)
    await lists(db, types)
    await filters(db, types)
  },
}

type Table = CreateTableBuilder<string, string>

function add(table: Table, types: ColumnTypes, columns: Readonly<Record<string, Column>>): Table {
  let made = table
  for (const [name, column] of Object.entries(columns)) {
    const type = column.startsWith('int') ? types.int : types.text
    const may = column.endsWith('?')
    made = made.addColumn(name, type, (c) => (may ? c : c.notNull()))
  }
  return made
}

type Column = 'int' | 'text' | 'int?' | 'text?'

async function oauth(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const app = db.schema.createTable('oauth_app').addColumn('id', types.int, (c) => c.primaryKey())
  await add(app as Table, types, {
    client: 'text',
    secret: 'text',
    name: 'text',
    website: 'text?',
    redirects: 'text',
    scopes: 'text',
    created_at: 'int',
  })
    .addUniqueConstraint('oauth_app_client', ['client'] as never)
    .execute()
  const code = db.schema
    .createTable('oauth_code')
    .addColumn('hash', types.text, (c) => c.primaryKey())
  await add(code as Table, types, {
    app_id: 'int',
    redirect: 'text',
    scopes: 'text',
    challenge: 'text?',
    expires_at: 'int',
    token_id: 'int?',
  }).execute()
  const token = db.schema
    .createTable('oauth_token')
    .addColumn('id', types.int, (c) => c.primaryKey())
  await add(token as Table, types, {
    hash: 'text',
    app_id: 'int',
    personal: 'int',
    scopes: 'text',
    created_at: 'int',
    used_at: 'int',
  })
    .addUniqueConstraint('oauth_token_hash', ['hash'] as never)
    .execute()
  await sql`create index oauth_token_app on oauth_token(app_id)`.execute(db)
}

async function marks(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const keyed = async (name: string, columns: Record<string, Column>, ...key: string[]) =>
    add(db.schema.createTable(name) as Table, types, columns)
      .addPrimaryKeyConstraint(`${name}_key`, key as never)
      .modifyEnd(types.clustered)
      .execute()
  const marker = { last_id: 'int', version: 'int', updated_at: 'int' } as const
  await keyed('marker', { owner_id: 'int', timeline: 'text', ...marker }, 'owner_id', 'timeline')
  await keyed('bookmark', { owner_id: 'int', copy_id: 'int', id: 'int' }, 'owner_id', 'copy_id')
  await sql`create index bookmark_id on bookmark(owner_id, id)`.execute(db)
  await keyed('notification_gone', { owner_id: 'int', id: 'int' }, 'owner_id', 'id')
  await keyed('conversation_hidden', { conversation_id: 'int', until_id: 'int' }, 'conversation_id')
}

async function uploads(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const upload = db.schema.createTable('upload').addColumn('id', types.int, (c) => c.primaryKey())
  await add(upload as Table, types, {
    owner_id: 'int',
    hash: 'text',
    type: 'text',
    size: 'int',
    name: 'text?',
    description: 'text?',
    focus: 'text?',
    created_at: 'int',
  }).execute()
}

async function lists(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const list = db.schema.createTable('list').addColumn('id', types.int, (c) => c.primaryKey())
  await add(list as Table, types, { owner_id: 'int', title: 'text', replies: 'text' }).execute()
  await add(db.schema.createTable('list_person') as Table, types, {
    list_id: 'int',
    identity_id: 'int',
  })
    .addPrimaryKeyConstraint('list_person_key', ['list_id', 'identity_id'] as never)
    .modifyEnd(types.clustered)
    .execute()
}

async function filters(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const filter = db.schema.createTable('filter').addColumn('id', types.int, (c) => c.primaryKey())
  await add(filter as Table, types, {
    owner_id: 'int',
    title: 'text',
    rules: 'text',
    expires_at: 'int?',
  }).execute()
}
