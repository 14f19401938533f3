/** What a text says without saying so: the people it names and its hashtags. */
import type { Content, Mention, Text } from '#model/content.ts'
import { refKey } from '#model/ref.ts'
import { EmptyTextError } from '#social/errors.ts'
import { recognise } from '#social/read/names.ts'
import type { Reading } from '#social/read/reading.ts'
import type { Writing } from '#social/social.ts'

/** Most people and tags that are taken from one text. */
const MAX_NAMED = 100

/**
 * Makes content of what a person wrote.
 *
 * @throws EmptyTextError
 */
export function compose(reading: Pick<Reading, 'networks'>, writing: Writing): Content {
  const { text, warning, language, attachments = [] } = writing
  if (text.body.trim() === '' && attachments.length === 0) throw new EmptyTextError()
  const prose = withoutCode(text)
  return {
    text,
    ...(warning !== undefined && warning !== '' && { warning }),
    ...(language !== undefined && { language }),
    mentions: mentionsIn(reading, prose),
    tags: tagsIn(prose),
    attachments,
  }
}

/** Code is quoted, not said. */
function withoutCode({ format, body }: Text): string {
  if (format !== 'markdown') return body
  return body.replaceAll(/```[\s\S]*?(?:```|$)/g, ' ').replaceAll(/`[^`\n]*`/g, ' ')
}

const LINK = /\[([^\]\n]{0,200})\]\(([^)\s]{1,800})\)/g
const BARE = /(?<![\p{L}\p{N}_[(/.@])@[^\s,;()[\]]{1,200}/gu

function mentionsIn(reading: Pick<Reading, 'networks'>, text: string): Mention[] {
  const found = new Map<string, Mention>()
  const add = (target: string, name?: string): void => {
    const ref = recognise(reading, target, 'person')
    if (!ref || found.has(refKey(ref)) || found.size >= MAX_NAMED) return
    found.set(refKey(ref), name ? { ref, name } : { ref })
  }
  for (const [, label = '', target = ''] of text.matchAll(LINK))
    add(target, label.replace(/^@/, ''))
  for (const [word] of text.replaceAll(LINK, ' ').matchAll(BARE)) add(word.replace(/[.!?:]+$/, ''))
  return [...found.values()]
}

const TAG = /(?<![\p{L}\p{N}_/&#])#([\p{L}\p{N}_-]{1,100})/gu

function tagsIn(text: string): string[] {
  const tags = new Set<string>()
  for (const [, tag = ''] of text
    .replaceAll(LINK, (_, label: string) => ` ${label} `)
    .matchAll(TAG)) {
    if (tags.size < MAX_NAMED) tags.add(tag.toLowerCase())
  }
  return [...tags]
}
