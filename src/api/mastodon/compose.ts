/** From what an app sends to what the social core publishes. */
import { createHash } from 'node:crypto'
import { namesOf } from '#api/local/blob-names.ts'
import { handleOf, idInHandle, isOwnHandle } from '#api/mastodon/handles.ts'
import type { Call } from '#api/mastodon/operation.ts'
import { numberOf } from '#api/mastodon/paging.ts'
import { invalid, type Parameters } from '#api/mastodon/parameters.ts'
import { HttpError } from '#http/http-error.ts'
import type { Attachment } from '#model/content.ts'
import type { Published, Writing } from '#social/social.ts'
import type { PersonView } from '#social/views.ts'

/** Longest text that is read at all, in UTF-16 units; networks carry less. */
const MAX_TEXT = 200_000
const MAX_FILES = 20

/** Publishes what the request asks for and answers the local id of the post or message. */
export async function publish(call: Call): Promise<string> {
  const { context, params } = call
  refuseUnknown(params)
  const { writing, people } = await writingOf(call)
  const answered = await answeredOf(call)
  const visibility = params.text('visibility') || (answered?.people ? 'direct' : 'public')
  const options = keyOf(call)
  if (visibility === 'direct') {
    const to = [
      ...people,
      ...(answered?.people ?? []),
      ...(answered?.author ? [answered.author] : []),
    ]
    return published(await context.social.message(await readersOf(call, to), writing, options))
  }
  if (visibility !== 'public') throw unfit(visibility)
  if (answered?.people) throw invalid('An answer to a private message can only be private.')
  const sent = answered
    ? await context.social.reply(answered.id, writing, options)
    : await context.social.post(writing, options)
  return published(sent)
}

function refuseUnknown(params: Parameters): void {
  if (params.inside('poll')) throw invalid('Polls cannot be carried by the networks here.')
  if (params.text('scheduled_at')) throw invalid('Posts cannot be scheduled here yet.')
  if (params.text('quoted_status_id')) throw invalid('Quotes cannot be made here yet.')
}

function unfit(visibility: string): HttpError {
  return invalid(
    visibility === 'unlisted' || visibility === 'private'
      ? 'The networks here carry posts for everybody and private messages, nothing between. Choose “public” or “direct”.'
      : 'This visibility does not exist. Choose “public” or “direct”.',
  )
}

async function writingOf(
  call: Call,
): Promise<{ readonly writing: Writing; readonly people: readonly PersonView[] }> {
  const { params } = call
  const format = params.text('content_type') === 'text/plain' ? 'plain' : 'markdown'
  const source = params.text('status', MAX_TEXT) ?? ''
  const attachments = await filesOf(call)
  if (source.trim() === '' && attachments.length === 0) {
    throw invalid('Validation failed: Text can’t be blank')
  }
  const { text, people } = await withNames(call, source, format)
  const language = params.text('language')
  if (language && !/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/.test(language)) {
    throw invalid('“language” must be a language tag such as “en”.')
  }
  const warning = params.text('spoiler_text', 500) || (params.flag('sensitive') ? 'Sensitive' : '')
  const writing: Writing = {
    text: { format, body: text },
    ...(warning !== '' && { warning }),
    ...(language && { language }),
    attachments,
  }
  return { writing, people }
}

const handles = /(?<![\w@/.[(])@[\w.-]{1,80}(?:@[\w.-]+(?::\d+)?)?/g

/** Names that apps write become links to native names, which every network knows how to carry. */
async function withNames(call: Call, source: string, format: 'plain' | 'markdown') {
  const { networks, social } = call.context
  const me = await social.me()
  const host = new URL(call.origin).host
  const found = new Map<string, PersonView>()
  for (const [written] of source.matchAll(handles)) {
    const handle = written.replace(/[.-]+$/, '')
    const id = idInHandle(networks, handle)
    const person = id === undefined ? undefined : (await social.app.people([id])).get(id)
    if (person) found.set(handle, person)
    else if (isOwnHandle(me, host, handle)) found.set(handle, me)
    if (found.size > 100) throw invalid('This names more than 100 people.')
  }
  const text = source.replaceAll(handles, (written) => {
    const handle = written.replace(/[.-]+$/, '')
    const person = found.get(handle)
    if (!person) return written
    const name = (person.name ?? handleOf(person).username)
      .replaceAll(/[[\]()\\`*_\n]/g, ' ')
      .trim()
    const native = format === 'plain' ? person.ref.id : `[@${name}](${person.ref.id})`
    return native + written.slice(handle.length)
  })
  return { text, people: [...new Set(found.values())] }
}

async function filesOf({ context, params }: Call): Promise<readonly Attachment[]> {
  const ids = params.texts('media_ids', MAX_FILES) ?? []
  const files: Attachment[] = []
  for (const text of ids) {
    const id = numberOf(text)
    const upload = id === undefined ? undefined : await context.social.app.upload(id)
    if (!upload) throw invalid('A file of “media_ids” is not here. Upload it again.')
    const [ref] = namesOf(context.networks, Uint8Array.fromHex(upload.hash))
    if (!ref) throw invalid('No network here carries files.')
    const { type, size, name, description } = upload
    files.push({
      ref,
      type,
      size,
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
    })
  }
  return files
}

type Answered = {
  readonly id: string
  readonly people?: readonly PersonView[]
  readonly author?: PersonView
}

/** What is answered: a post, or a private message with its readers. */
async function answeredOf({ context, params }: Call): Promise<Answered | undefined> {
  const text = params.text('in_reply_to_id')
  if (text === undefined || text === '') return undefined
  const id = numberOf(text) ?? -1
  const { app } = context.social
  const [post] = await app.postsById([id])
  if (post) return { id: post.id, author: post.author }
  const [addressed] = await app.messagesById([id])
  if (addressed) return { id: addressed.message.id, people: addressed.people }
  throw new HttpError(404, 'not_found', 'The post that is answered is not here.')
}

async function readersOf(
  { context }: Call,
  people: readonly PersonView[],
): Promise<readonly string[]> {
  const me = await context.social.me()
  const others = new Set(people.filter(({ local }) => !local).map(({ id }) => id))
  return others.size > 0 ? [...others] : [me.id]
}

/** The same key of the same app publishes once. */
function keyOf({ request, held }: Call): { readonly key?: string } {
  const given = request.headers.get('idempotency-key')
  if (given === null || given === '') return {}
  const hash = createHash('sha256').update(`${held?.app.id} ${given}`).digest('hex')
  return { key: `client-${hash}` }
}

function published({ id, deliveries }: Published): string {
  if (id !== undefined) return id
  const why = [...new Set(deliveries.flatMap((delivery) => delivery.why ?? []))].join(' ')
  if (deliveries.some(({ state }) => state === 'waiting' || state === 'retry')) {
    throw new HttpError(
      503,
      'waiting',
      `It is kept, and published once the network is ready. ${why}`.trim(),
    )
  }
  throw invalid(why === '' ? 'No network took it.' : why)
}
