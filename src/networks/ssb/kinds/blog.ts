/** `blog` (read only): a title, a summary and a blob with the whole text in markdown. */
import type { Attachment } from '#model/content.ts'
import { blobsOf, readContent } from '#networks/ssb/kinds/content.ts'
import { postOrMessage } from '#networks/ssb/kinds/post.ts'
import { blobIn, type Found, given, type Reading, wordsIn } from '#networks/ssb/kinds/reading.ts'

/** Reads a blog post: the summary is its text, the blob with the whole is attached. */
export function readBlog(reading: Reading): Found {
  const { content } = reading
  const text = wordsIn(content['summary']) ?? ''
  const read = readContent({ ...content, text })
  const whole = blobIn(content['blog'])
  const picture = blobIn(content['thumbnail'])
  const added: Attachment[] = []
  if (whole !== undefined) {
    added.push({ ref: whole, type: 'text/markdown', ...given({ name: read.title }) })
  }
  if (picture !== undefined) added.push({ ref: picture, type: 'image/*' })
  const known = new Set(added.map(({ ref }) => ref.id))
  const attachments = [...added, ...read.attachments.filter(({ ref }) => !known.has(ref.id))]
  const full = { ...read, attachments }
  return { deeds: [postOrMessage(reading, full)], blobs: blobsOf(full) }
}
