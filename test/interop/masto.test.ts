/** masto 8, the client library of several web apps, against a whole node: it signs in, reads, writes and listens. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, test } from 'node:test'
import { twoPeople, type TwoPeople } from '#rig/two-people.ts'

const library = join(import.meta.dirname, 'masto/node_modules/masto/dist/index.js')
const skip = existsSync(library)
  ? false
  : 'masto of test/interop/masto is not installed (npm run test:interop does it)'

/** The library's clients are proxies: any path of names is an address. */
type Client = object
type Status = {
  readonly id: string
  readonly content: string
  readonly account: { readonly acct: string }
}
type Event = { readonly event: string; readonly payload: Status }
type Masto = Readonly<
  Record<
    'createRestAPIClient' | 'createStreamingAPIClient' | 'createOAuthAPIClient',
    (props: object) => Client
  >
>

let masto: Masto
let people: TwoPeople
let rest: Client
before(async () => {
  if (skip) return
  masto = (await import(pathToFileURL(library).href)) as Masto
  people = await twoPeople()
  rest = masto.createRestAPIClient({ url: people.alice.node.url, accessToken: people.app.token })
})
after(async () => {
  if (!skip) await people[Symbol.asyncDispose]()
})

/** `v1.statuses.$.context.fetch`, the `$` standing for the ids in their order; further arguments go to the call. */
async function ask<T>(
  path: string,
  ids: readonly string[] = [],
  ...args: readonly unknown[]
): Promise<T> {
  const rest_ = [...ids]
  let at: unknown = rest
  const names = path.split('.')
  const last = names.pop() ?? ''
  for (const name of names) {
    const on = at as Readonly<Record<string, unknown>>
    at = name === '$' ? (on['$select'] as (id: string) => unknown)(rest_.shift() ?? '') : on[name]
  }
  return await (at as Readonly<Record<string, (...args: readonly unknown[]) => Promise<T>>>)[last]!(
    ...args,
  )
}

test('it registers an app and gets a token for it', { skip }, async () => {
  const { url } = people.alice.node
  const app = await ask<{ clientId: string; clientSecret: string }>('v1.apps.create', [], {
    clientName: 'masto',
    redirectUris: 'urn:ietf:wg:oauth:2.0:oob',
    scopes: 'read write',
  })
  const oauth = masto.createOAuthAPIClient({ url }) as {
    readonly token: { create(given: object): Promise<{ accessToken: string; scope: string }> }
    revoke(given: object): Promise<void>
  }
  const { clientId, clientSecret } = app
  const token = await oauth.token.create({
    grantType: 'client_credentials',
    clientId,
    clientSecret,
    scope: 'read',
  })
  assert.equal(token.scope, 'read')
  await oauth.revoke({ clientId, clientSecret, token: token.accessToken })
})

test('it reads everything that an app asks for when it starts', { skip }, async () => {
  const calls = [
    'v2.instance.fetch',
    'v1.instance.fetch',
    'v1.preferences.fetch',
    'v1.accounts.verifyCredentials',
    'v1.timelines.home.list',
    'v1.timelines.public.list',
    'v1.notifications.list',
    'v2.notifications.list',
    'v2.notifications.policy.fetch',
    'v1.conversations.list',
    'v1.lists.list',
    'v2.filters.list',
    'v1.bookmarks.list',
    'v1.favourites.list',
    'v1.blocks.list',
    'v1.mutes.list',
    'v1.followRequests.list',
    'v1.followedTags.list',
    'v1.announcements.list',
    'v1.customEmojis.list',
    'v1.trends.tags.list',
    'v2.suggestions.list',
  ]
  for (const call of calls) assert.ok(await ask(call), call)
  await ask('v1.timelines.tag.$.list', ['welcome'])
  await ask('v1.markers.fetch', [], { timeline: ['home', 'notifications'] })
})

test('it writes with a picture, answers, likes and finds what it wrote', { skip }, async () => {
  const { ids } = people
  const file = new Blob([Buffer.from('89504e470d0a1a0a0000', 'hex')], { type: 'image/png' })
  const media = await ask<{ id: string }>('v2.media.create', [], { file, description: 'A dot' })
  const status = await ask<Status>('v1.statuses.create', [], {
    status: 'written by masto #masto',
    mediaIds: [media.id],
    inReplyToId: ids.answer,
    visibility: 'public',
  })
  assert.match(status.content, /written by masto/)
  assert.ok(await ask('v1.statuses.$.favourite', [ids.answer]))
  const { descendants } = await ask<{ descendants: Status[] }>('v1.statuses.$.context.fetch', [
    ids.post,
  ])
  assert.deepEqual(
    descendants.map(({ id }) => id),
    [ids.answer, status.id],
  )
  const { hashtags } = await ask<{ hashtags: { name: string }[] }>('v2.search.list', [], {
    q: 'mas',
  })
  assert.deepEqual(
    hashtags.map(({ name }) => name),
    ['masto'],
  )
  const found = await ask<{ acct: string }>('v1.accounts.lookup', [], { acct: status.account.acct })
  assert.equal(found.acct, status.account.acct)
  await assert.rejects(ask('v1.statuses.$.remove', [status.id]), { statusCode: 422 })
  await assert.rejects(ask('v1.statuses.$.fetch', ['5']), { statusCode: 404 })
})

test('it goes from page to page', { skip }, async () => {
  for (let i = 0; i < 3; i++) await ask('v1.statuses.create', [], { status: `page ${i}` })
  const pages = rest as {
    readonly v1: {
      readonly timelines: {
        readonly home: { list(given: object): AsyncIterable<readonly Status[]> }
      }
    }
  }
  const seen: string[] = []
  for await (const page of pages.v1.timelines.home.list({ limit: 2 }))
    seen.push(...page.map(({ id }) => id))
  assert.ok(seen.length >= 4)
  assert.equal(new Set(seen).size, seen.length)
})

test('it hears what happens', { skip }, async () => {
  const streaming = masto.createStreamingAPIClient({
    streamingApiUrl: people.alice.node.url.replace('http', 'ws'),
    accessToken: people.app.token,
    implementation: WebSocket,
  }) as {
    readonly user: { subscribe(): AsyncIterable<Event> }
    prepare(): Promise<void>
    close(): void
  }
  await streaming.prepare()
  const heard = Promise.withResolvers<Event>()
  const listening = (async () => {
    for await (const event of streaming.user.subscribe()) {
      heard.resolve(event)
      return
    }
  })()
  // What it asks for and what is published take different ways to the node: try until it is heard.
  const said = setInterval(
    () => void ask('v1.statuses.create', [], { status: 'live by masto' }),
    200,
  )
  const { event, payload } = await heard.promise
  clearInterval(said)
  assert.equal(event, 'update')
  assert.match(payload.content, /live by masto/)
  streaming.close()
  await listening
})
