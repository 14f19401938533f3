import type { Content, Text } from '#model/content.ts'

/** The stored form: what is empty is left out. */
type Stored = {
  readonly f?: Text['format']
  readonly t: string
} & Partial<Omit<Content, 'text'>>

/** Content as compact JSON. */
export function packContent(content: Content): string {
  const stored: { -readonly [K in keyof Stored]: Stored[K] } = { t: content.text.body }
  if (content.text.format !== 'markdown') stored.f = content.text.format
  if (content.title !== undefined) stored.title = content.title
  if (content.warning !== undefined) stored.warning = content.warning
  if (content.language !== undefined) stored.language = content.language
  if (content.mentions.length > 0) stored.mentions = content.mentions
  if (content.tags.length > 0) stored.tags = content.tags
  if (content.attachments.length > 0) stored.attachments = content.attachments
  return JSON.stringify(stored)
}

/** The way back. */
export function unpackContent(text: string): Content {
  const { f, t, mentions = [], tags = [], attachments = [], ...rest } = JSON.parse(text) as Stored
  return { text: { format: f ?? 'markdown', body: t }, ...rest, mentions, tags, attachments }
}
