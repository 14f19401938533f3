import type { Ref } from '#model/ref.ts'

/** Text as its author wrote it. Rendering to safe HTML is the reader's business. */
export type Text = {
  readonly format: 'plain' | 'markdown' | 'html'
  readonly body: string
}

/** Somebody or something that a text names. */
export type Mention = {
  readonly ref: Ref
  /** The name that stands in the text, without sigil. */
  readonly name?: string
}

/** A file that belongs to a post. */
export type Attachment = {
  /** The blob; for networks that name media by URL, that URL. */
  readonly ref: Ref
  /** MIME type, where the author gave one. */
  readonly type?: string
  readonly name?: string
  /** Bytes, as claimed by the author. */
  readonly size?: number
  /** Alternative text for people who do not see it. */
  readonly description?: string
}

/** What a post or a private message carries. */
export type Content = {
  readonly text: Text
  readonly title?: string
  /** Content warning: shown instead of the text until it is opened. */
  readonly warning?: string
  /** BCP 47 tag. */
  readonly language?: string
  readonly mentions: readonly Mention[]
  /** Hashtags, lower case, without `#`. */
  readonly tags: readonly string[]
  readonly attachments: readonly Attachment[]
}
