/** What posts, private messages and blogs carry: text, mentions, hashtags, attachments, content warning. */
import { isObject, type Json, type JsonObject } from '#base/json.ts'
import type { Attachment, Content, Mention } from '#model/content.ts'
import {
  type BlobLink,
  blobLinksIn,
  descriptionIn,
  withAttachments,
  withoutTrailing,
} from '#networks/ssb/kinds/blob-links.ts'
import { given, linkIn, listIn, tagIn, wordsIn } from '#networks/ssb/kinds/reading.ts'
import { asMarkdown } from '#networks/ssb/kinds/text.ts'
import { isBlobId, NETWORK, ssbRef } from '#networks/ssb/refs.ts'

/** Reads the content of a post. */
export function readContent(content: JsonObject): Content {
  const { mentions, tags, files } = readMentions(content)
  const text = typeof content['text'] === 'string' ? content['text'] : ''
  const links = blobLinksIn(text)
  const shown = links.filter(({ id, picture }) => picture || files.has(id))
  const title = wordsIn(content['title'])
  return {
    text: { format: 'markdown', body: withoutHeading(withoutTrailing(text, shown), title) },
    ...given({
      title,
      warning: wordsIn(content['contentWarning']),
      language: wordsIn(content['language']),
    }),
    mentions,
    tags: [...tags],
    attachments: attachmentsOf(files, shown),
  }
}

/** Makes the fields of a post's content, or says why they cannot be. */
export function writeContent(content: Content): JsonObject | { readonly unsupported: string } {
  const markdown = asMarkdown(content.text)
  if (markdown === undefined) {
    return {
      unsupported:
        'Scuttlebutt carries markdown, and this text is HTML that has no simple form in it.',
    }
  }
  if (content.attachments.some(({ ref }) => ref.network !== NETWORK || !isBlobId(ref.id))) {
    return {
      unsupported:
        'An attachment is not stored as a blob, the only form in which Scuttlebutt carries files.',
    }
  }
  const title = content.title?.replaceAll(/\s*\n\s*/g, ' ')
  const text = withAttachments(markdown, content.attachments)
  const mentions = writeMentions(content)
  return given({
    text: title === undefined ? text : `# ${title}\n\n${text}`,
    title,
    contentWarning: content.warning,
    language: content.language,
    mentions: mentions.length === 0 ? undefined : mentions,
  })
}

/** The blobs that a content shows. */
export function blobsOf(content: Content): readonly string[] {
  return content.attachments.map(({ ref }) => ref.id)
}

type Mentions = {
  readonly mentions: readonly Mention[]
  readonly tags: ReadonlySet<string>
  readonly files: ReadonlyMap<string, Attachment>
}

function readMentions(content: JsonObject): Mentions {
  const mentions = new Map<string, Mention>()
  const tags = new Set<string>()
  const files = new Map<string, Attachment>()
  const channel = tagIn(content['channel'])
  if (channel !== undefined) tags.add(channel)
  for (const item of listIn(content['mentions'])) {
    const tag = tagLink(item)
    if (tag !== undefined) tags.add(tag)
    const id = linkIn(item)
    if (id === undefined) continue
    const fields = isObject(item) ? item : {}
    if (isBlobId(id)) files.set(id, { ref: ssbRef(id), ...fileFields(fields) })
    else mentions.set(id, { ref: ssbRef(id), ...given({ name: nameIn(fields) }) })
  }
  return { mentions: [...mentions.values()], tags, files }
}

function tagLink(item: Json): string | undefined {
  const link = isObject(item) ? item['link'] : item
  return typeof link === 'string' && link.startsWith('#') ? tagIn(link) : undefined
}

function nameIn(fields: JsonObject): string | undefined {
  return wordsIn(wordsIn(fields['name'])?.replace(/^@/, ''))
}

function fileFields(fields: JsonObject): Omit<Attachment, 'ref'> {
  const size = fields['size']
  return given({
    type: wordsIn(fields['type']),
    name: wordsIn(fields['name']),
    size: typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : undefined,
  })
}

function attachmentsOf(
  files: ReadonlyMap<string, Attachment>,
  links: readonly BlobLink[],
): readonly Attachment[] {
  if (files.size === 0 && links.length === 0) return []
  const attachments = new Map(files)
  for (const { id, label } of links) {
    const known = attachments.get(id) ?? { ref: ssbRef(id) }
    const description = descriptionIn(label, known.name)
    attachments.set(id, description === undefined ? known : { ...known, description })
  }
  return [...attachments.values()]
}

function withoutHeading(text: string, title: string | undefined): string {
  if (title === undefined) return text
  const heading = `# ${title}`
  if (text === heading) return ''
  return text.startsWith(`${heading}\n\n`) ? text.slice(heading.length + 2) : text
}

function writeMentions({ mentions, tags, attachments }: Content): readonly JsonObject[] {
  const ours = mentions.filter(({ ref }) => ref.network === NETWORK)
  return [
    ...ours.map(({ ref, name }) => given({ link: ref.id, name }) as JsonObject),
    ...tags.map((tag) => ({ link: `#${tag}` })),
    ...attachments.map(
      ({ ref, name, type, size }) => given({ link: ref.id, name, type, size }) as JsonObject,
    ),
  ]
}
