/** The streams of the Mastodon API (docs.joinmastodon.org/methods/streaming), by name. */
import { covers } from '#api/oauth/scopes.ts'

/** What happened, with the streams that it belongs to. */
export type Happening = {
  readonly streams: readonly string[]
  /** `update`, `delete`, `notification` or `conversation`. */
  readonly event: string
  readonly payload: unknown
}

/** A stream that somebody listens to: `hashtag` streams are of one tag. */
export type Stream = { readonly name: string; readonly tag?: string }

const plain = [
  'user',
  'user:notification',
  'public',
  'public:media',
  'public:local',
  'public:local:media',
  'public:remote',
  'public:remote:media',
  'direct',
]
const tagged = ['hashtag', 'hashtag:local']

/** The stream of that name; undefined for one that does not exist here. */
export function streamOf(name: string, tag: string | undefined): Stream | undefined {
  if (plain.includes(name)) return { name }
  if (!tagged.includes(name) || tag === undefined || tag === '') return undefined
  return { name, tag: tag.replace(/^#/, '').toLowerCase().slice(0, 200) }
}

/** What a stream is called among the streams of a happening. */
export function keyOf({ name, tag }: Stream): string {
  return tag === undefined ? name : `${name} ${tag}`
}

/** The streams of a public post. */
export function streamsOfPost(post: {
  readonly home: boolean
  readonly everybody: boolean
  readonly local: boolean
  readonly media: boolean
  readonly tags: readonly string[]
}): readonly string[] {
  const home = post.home ? ['user'] : []
  if (!post.everybody) return home
  const where = post.local ? 'local' : 'remote'
  const open = ['public', `public:${where}`]
  const tags = post.tags.flatMap((tag) => [
    `hashtag ${tag}`,
    ...(post.local ? [`hashtag:local ${tag}`] : []),
  ])
  return [...home, ...open, ...(post.media ? open.map((name) => `${name}:media`) : []), ...tags]
}

/** Does a listener with these scopes hear it? */
export function mayHear(scopes: readonly string[], { event }: Happening): boolean {
  return covers(scopes, event === 'notification' ? 'read:notifications' : 'read:statuses')
}
