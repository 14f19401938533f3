/** What a person sends to write something, checked. */
import { badRequest } from '#http/http-error.ts'
import { integer, list, object, oneOf, optional, text, type Value } from '#http/shape.ts'
import type { LocalContext } from '#api/local/context.ts'
import type { Attachment } from '#model/content.ts'
import type { Writing } from '#social/social.ts'

/** A name of a person, post or conversation: a local id or any text that a network recognises. */
export const name = text({ min: 1, max: 1_000, help: 'A local id, or a name or link of a network' })

/** Fields of everything that is written. */
export const writingFields = {
  text: text({ max: 200_000 }),
  format: optional(oneOf('plain', 'markdown')),
  warning: optional(text({ min: 1, max: 500 })),
  language: optional(
    text({ max: 35, pattern: /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, help: 'a BCP 47 tag' }),
  ),
  attachments: optional(
    list(
      object({
        blob: text({ min: 1, max: 1_000, help: 'The name of a blob, as uploading answered it' }),
        type: optional(text({ max: 100, pattern: /^[\w.+-]+\/[\w.+-]+$/, help: 'a MIME type' })),
        name: optional(text({ max: 255 })),
        size: optional(integer({ min: 0 })),
        description: optional(text({ max: 2_000 })),
      }),
      { max: 20 },
    ),
  ),
} as const

const writingShape = object(writingFields)

/**
 * The writing of a checked body.
 *
 * @throws HttpError 400 when there is nothing in it or an attachment is no blob
 */
export function writingOf(context: LocalContext, body: Value<typeof writingShape>): Writing {
  const { text: written, format = 'markdown', warning, language, attachments = [] } = body
  if (written.trim() === '' && attachments.length === 0) {
    throw badRequest('There is nothing to publish: “text” is empty.')
  }
  return {
    text: { format, body: written },
    ...(warning !== undefined && { warning }),
    ...(language !== undefined && { language }),
    attachments: attachments.map(({ blob, ...rest }): Attachment => ({
      ref: blobRef(context, blob),
      ...rest,
    })),
  }
}

function blobRef(context: LocalContext, text: string): Attachment['ref'] {
  for (const network of context.networks) {
    const found = network.recognise(text)
    if (found?.what === 'blob') return found.ref
  }
  throw badRequest('An attachment names no blob. Upload it first; the answer has its name.')
}
