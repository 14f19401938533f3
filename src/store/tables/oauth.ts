/** Apps, authorisation codes and tokens of OAuth 2. Secrets come in hashed. */
import { sql } from 'kysely'
import type { OauthAppRow, OauthCodeRow, OauthTokenRow } from '#store/schema.ts'
import type { Store, Transaction } from '#store/store.ts'

/** Apps that are kept; beyond, the oldest that nobody uses goes. */
const MAX_APPS = 1000

type App = Omit<OauthAppRow, 'redirects'> & { readonly redirects: readonly string[] }
/** A token with the app that holds it. */
type Held = { readonly token: OauthTokenRow; readonly app: App }

/** The tables of OAuth over an open store. */
export function oauthTables(store: Store) {
  return { ...appsOf(store), ...tokensOf(store) }
}

function appsOf(store: Store) {
  return {
    addApp: (app: Omit<App, 'id'>): Promise<App> => store.write((tx) => addApp(tx, app)),
    async app(client: string): Promise<App | undefined> {
      const row = await store.read
        .selectFrom('oauth_app')
        .selectAll()
        .where('client', '=', client)
        .executeTakeFirst()
      return row && appOf(row)
    },
    async addCode(code: Omit<OauthCodeRow, 'token_id'>, now: number): Promise<void> {
      await store.write(async ({ db }) => {
        await db.deleteFrom('oauth_code').where('expires_at', '<', now).execute()
        await db
          .insertInto('oauth_code')
          .values({ ...code, token_id: null })
          .execute()
      })
    },
    code: (hash: string): Promise<OauthCodeRow | undefined> =>
      store.read.selectFrom('oauth_code').selectAll().where('hash', '=', hash).executeTakeFirst(),
    /** Gives a token for a code that has none; false where another request was faster. */
    redeem: (code: string, token: Omit<OauthTokenRow, 'id'>): Promise<boolean> =>
      store.write((tx) => redeem(tx, code, token)),
  }
}

function tokensOf(store: Store) {
  return {
    /** Gives the app its own token; the one it had is no more. */
    async addAppToken(token: Omit<OauthTokenRow, 'id'>): Promise<void> {
      await store.write(async (tx) => {
        await tx.lock('oauth')
        await tx.db
          .deleteFrom('oauth_token')
          .where('app_id', '=', token.app_id)
          .where('personal', '=', 0)
          .execute()
        await addToken(tx, token)
      })
    },
    async token(hash: string): Promise<Held | undefined> {
      const token = await store.read
        .selectFrom('oauth_token')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst()
      const app = token && (await appById(store, token.app_id))
      return token && app && { token, app }
    },
    async used(id: number, now: number): Promise<void> {
      await store.write(({ db }) =>
        db.updateTable('oauth_token').set({ used_at: now }).where('id', '=', id).execute(),
      )
    },
    async revoke(id: number): Promise<void> {
      await store.write(({ db }) => db.deleteFrom('oauth_token').where('id', '=', id).execute())
    },
    /** Tokens of the person, the newest first. */
    async personal(): Promise<readonly Held[]> {
      const tokens = await store.read
        .selectFrom('oauth_token')
        .selectAll()
        .where('personal', '=', 1)
        .orderBy('id', 'desc')
        .limit(MAX_APPS)
        .execute()
      const held: Held[] = []
      for (const token of tokens) {
        const app = await appById(store, token.app_id)
        if (app) held.push({ token, app })
      }
      return held
    },
  }
}

async function appById({ read }: Store, id: number): Promise<App | undefined> {
  const row = await read.selectFrom('oauth_app').selectAll().where('id', '=', id).executeTakeFirst()
  return row && appOf(row)
}

function appOf(row: OauthAppRow): App {
  return { ...row, redirects: JSON.parse(row.redirects) as readonly string[] }
}

async function addApp(tx: Transaction, app: Omit<App, 'id'>): Promise<App> {
  await tx.lock('oauth')
  const { count } = await tx.db
    .selectFrom('oauth_app')
    .select((e) => e.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= MAX_APPS) await dropUnused(tx)
  const id = await nextId(tx, 'oauth_app')
  const redirects = JSON.stringify(app.redirects)
  await tx.db
    .insertInto('oauth_app')
    .values({ ...app, id, redirects })
    .execute()
  return { ...app, id }
}

async function dropUnused({ db }: Transaction): Promise<void> {
  const row = await db
    .selectFrom('oauth_app')
    .select('id')
    .where('id', 'not in', (e) =>
      e.selectFrom('oauth_token').select('app_id').where('personal', '=', 1),
    )
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (!row) return
  await db.deleteFrom('oauth_token').where('app_id', '=', row.id).execute()
  await db.deleteFrom('oauth_code').where('app_id', '=', row.id).execute()
  await db.deleteFrom('oauth_app').where('id', '=', row.id).execute()
}

async function redeem(
  tx: Transaction,
  code: string,
  token: Omit<OauthTokenRow, 'id'>,
): Promise<boolean> {
  await tx.lock('oauth')
  const open = await tx.db
    .selectFrom('oauth_code')
    .select('hash')
    .where('hash', '=', code)
    .where('token_id', 'is', null)
    .executeTakeFirst()
  if (!open) return false
  const token_id = await addToken(tx, token)
  await tx.db.updateTable('oauth_code').set({ token_id }).where('hash', '=', code).execute()
  return true
}

async function addToken(tx: Transaction, token: Omit<OauthTokenRow, 'id'>): Promise<number> {
  // Not the number of a token that was revoked: a code may still point at that.
  const id = Math.max(await nextId(tx, 'oauth_token'), token.created_at)
  await tx.db
    .insertInto('oauth_token')
    .values({ ...token, id })
    .execute()
  return id
}

async function nextId(tx: Transaction, table: 'oauth_app' | 'oauth_token'): Promise<number> {
  const { last } = await tx.db
    .selectFrom(table)
    .select(sql<number>`coalesce(max(id), 0)`.as('last'))
    .executeTakeFirstOrThrow()
  return last + 1
}
