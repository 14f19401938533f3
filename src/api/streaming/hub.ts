/** What happens, made into entities once for everybody who listens under the same address of the node. */
import type { ClientContext } from '#api/mastodon/context.ts'
import { entitiesFor } from '#api/mastodon/entities/entities.ts'
import { streamsOfPost, type Happening } from '#api/streaming/streams.ts'
import type { Change } from '#social/social.ts'

/** Listeners share one reading of the changes. */
export interface Hub {
  /** What happens from now on, until the signal. A listener that does not keep up is ended. */
  listen(origin: string, signal: AbortSignal): AsyncIterable<Happening>
}

/** Most happenings that wait for one listener. */
const MAX_WAITING = 500
/** Older posts are no news: they belong in the timeline at their place. */
const NEWS_MS = 3600_000
/** Changes that are made into entities at once. */
const AT_ONCE = 100

type Listener = { readonly waiting: Happening[]; wake: () => void; overrun: boolean }
type Group = { readonly listeners: Set<Listener>; readonly stop: AbortController }

/** Makes the hub of a node; it works only while somebody listens. */
export function openHub(context: ClientContext): Hub {
  const groups = new Map<string, Group>()
  const leave = (origin: string, group: Group, listener: Listener): void => {
    group.listeners.delete(listener)
    listener.wake()
    if (group.listeners.size > 0 || groups.get(origin) !== group) return
    groups.delete(origin)
    group.stop.abort(new Error('Nobody listens.'))
  }
  return {
    listen(origin, signal) {
      const listener: Listener = { waiting: [], wake: () => {}, overrun: false }
      let group = groups.get(origin)
      if (!group) {
        const made: Group = { listeners: new Set(), stop: new AbortController() }
        groups.set(origin, (group = made))
        const until = AbortSignal.any([context.signal, made.stop.signal])
        // Listening begins now, not when the first is asked for.
        const changes = context.social.changes(until)
        run(context, origin, made, changes, until).catch((error: unknown) => {
          context.log.error('The streams ended: {error}', { error })
        })
      }
      const own = group
      const until = AbortSignal.any([signal, context.signal])
      own.listeners.add(listener)
      // Also where nobody ever asks for the first happening.
      until.addEventListener('abort', () => leave(origin, own, listener), { once: true })
      return drain(listener, until, () => leave(origin, own, listener))
    },
  }
}

async function run(
  context: ClientContext,
  origin: string,
  { listeners }: Group,
  source: AsyncIterable<Change>,
  signal: AbortSignal,
): Promise<void> {
  const news = newsFrom(context, origin)
  for await (const changes of batches(source)) {
    if (signal.aborted) return
    const happenings = await news(changes).catch((error: unknown) => {
      // While the indexes are rebuilt nothing can be read: what happens then is found by asking again.
      context.log.debug('News were not told: {error}', { error })
      return []
    })
    for (const listener of listeners) {
      listener.waiting.push(...happenings)
      if (listener.waiting.length > MAX_WAITING) listener.overrun = true
      listener.wake()
    }
  }
}

/** Changes that are there together, together. */
async function* batches(source: AsyncIterable<Change>): AsyncGenerator<readonly Change[]> {
  const changes = source[Symbol.asyncIterator]()
  let next = changes.next()
  for (;;) {
    const first = await next
    if (first.done) return
    const batch = [first.value]
    next = changes.next()
    while (batch.length < AT_ONCE) {
      const more = await Promise.race([
        next,
        new Promise<undefined>((resolve) => setImmediate(resolve, undefined)),
      ])
      if (!more || more.done) break
      batch.push(more.value)
      next = changes.next()
    }
    yield batch
  }
}

async function* drain(
  listener: Listener,
  signal: AbortSignal,
  leave: () => void,
): AsyncGenerator<Happening> {
  const wake = (): void => listener.wake()
  signal.addEventListener('abort', wake, { once: true })
  try {
    while (!signal.aborted && !listener.overrun) {
      const next = listener.waiting.shift()
      if (next) {
        yield next
        continue
      }
      await new Promise<void>((resolve) => {
        listener.wake = resolve
      })
    }
  } finally {
    signal.removeEventListener('abort', wake)
    leave()
  }
}

/** Makes happenings of changes; it remembers which notifications it told. */
function newsFrom(context: ClientContext, origin: string) {
  const { app } = context.social
  const show = entitiesFor(context, origin)
  const began = app
    .notifications({ limit: 80 })
    .then(({ items }) => new Set(items.map(({ id }) => id)))
  began.catch(() => undefined)
  const notifications = async (): Promise<Happening[]> => {
    const told = await began
    const { items } = await app.notifications({ limit: 40 })
    const fresh = items.filter(({ id }) => !told.has(id)).toReversed()
    for (const { id } of fresh) told.add(id)
    const entities = await show.notifications(fresh)
    return entities.map((payload) => ({
      streams: ['user', 'user:notification'],
      event: 'notification',
      payload,
    }))
  }
  return async (changes: readonly Change[]): Promise<readonly Happening[]> => {
    const ids = (kind: 'post' | 'message') =>
      changes.flatMap((change) => (change.kind === kind ? [Number(change.id)] : []))
    return [
      ...(await postNews(context, show, ids('post'))),
      ...(await messageNews(context, show, ids('message'))),
      ...(changes.some(({ kind }) => kind !== 'network') ? await notifications() : []),
    ]
  }
}

type Show = ReturnType<typeof entitiesFor>

async function postNews(
  { social, clock }: ClientContext,
  show: Show,
  ids: readonly number[],
): Promise<readonly Happening[]> {
  if (ids.length === 0) return []
  const found = await social.app.postsById(ids.toSorted((a, b) => a - b))
  const here = new Set(found.map(({ id }) => Number(id)))
  const gone = ids.filter((id) => !here.has(id))
  const news = found.filter(({ at }) => at > clock.now() - NEWS_MS)
  const numbers = news.map(({ id }) => Number(id))
  const range = { minId: Math.min(...numbers) - 1, maxId: Math.max(...numbers) + 1, limit: AT_ONCE }
  const shownIn = async (of: 'home' | 'public'): Promise<ReadonlySet<string>> =>
    news.length === 0
      ? new Set()
      : new Set((await social.app.posts({ of }, range)).items.map(({ id }) => id))
  const [home, everybody] = [await shownIn('home'), await shownIn('public')]
  const statuses = await show.posts(news)
  return [
    ...gone.map((id): Happening => ({ streams: ['user', 'public'], event: 'delete', payload: id })),
    ...news.map((post, i): Happening => {
      const { content, author, id } = post
      const media = content.attachments.length > 0
      const where = { home: home.has(id), everybody: everybody.has(id), media }
      const streams = streamsOfPost({ ...where, local: author.local, tags: content.tags })
      return { streams, event: 'update', payload: statuses[i] }
    }),
  ]
}

async function messageNews(
  { social }: ClientContext,
  show: Show,
  ids: readonly number[],
): Promise<readonly Happening[]> {
  const messages = await social.app.messagesById(ids)
  const talks = new Set(messages.map(({ message }) => Number(message.conversation)))
  const happenings: Happening[] = []
  for (const talk of talks) {
    const { items } = await social.app.conversations({ limit: 1 }, talk)
    for (const payload of await show.conversations(items)) {
      happenings.push({ streams: ['user', 'direct'], event: 'conversation', payload })
    }
  }
  return happenings
}
