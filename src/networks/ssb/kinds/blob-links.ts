/** Blobs in markdown text: `![alternative text](&….sha256)`; files without a picture are plain links. */
import type { Attachment } from '#model/content.ts'

/** A blob that stands in a text. */
export type BlobLink = {
  readonly id: string
  /** Unescaped, without the `audio:` and `video:` that other programs put before it. */
  readonly label: string
  readonly picture: boolean
  readonly start: number
  readonly end: number
}

const form = /(!?)\[((?:[^[\]\\]|\\.)*)\]\((&[A-Za-z0-9+/]{43}=\.sha256)(?:\?[^()\s]*)?\)/g
/** Stands for a file that has neither name nor description. */
const UNNAMED = 'attachment'

/** Every blob that a text links to, in order. */
export function blobLinksIn(text: string): readonly BlobLink[] {
  if (!text.includes('](&')) return []
  return Array.from(text.matchAll(form), (match) => {
    const [whole, picture, label = '', id = ''] = match
    return {
      id,
      label: label.replaceAll(/\\(.)/g, '$1').replace(/^(?:audio|video):/, ''),
      picture: picture === '!',
      start: match.index,
      end: match.index + whole.length,
    }
  })
}

/** The description that a link gives its blob: its label, unless that is only the file's name. */
export function descriptionIn(label: string, name: string | undefined): string | undefined {
  return label === '' || label === UNNAMED || label === name ? undefined : label
}

/** The text without the lines of blob links at its end: those are shown as attachments. */
export function withoutTrailing(text: string, links: readonly BlobLink[]): string {
  let end = text.length
  let start = end
  for (const link of links.toReversed()) {
    if (text.slice(link.end, end).trim() !== '') break
    end = link.start
    if (end === 0 || text[end - 1] === '\n') start = end
  }
  return start === text.length ? text : text.slice(0, start).replace(/\n{1,2}$/, '')
}

/** The text with a line for each attachment that does not stand in it yet. */
export function withAttachments(text: string, attachments: readonly Attachment[]): string {
  const lines = attachments.filter(({ ref }) => !text.includes(`](${ref.id})`)).map(lineOf)
  return lines.length === 0 ? text : `${text === '' ? '' : `${text}\n\n`}${lines.join('\n')}`
}

function lineOf({ ref, type = 'image/*', name, description }: Attachment): string {
  const label = escaped(description ?? name ?? '')
  const media = /^(image|audio|video)\//.exec(type)?.[1]
  if (media === undefined) return `[${label === '' ? UNNAMED : label}](${ref.id})`
  return `![${media === 'image' ? '' : `${media}:`}${label}](${ref.id})`
}

function escaped(label: string): string {
  return label.replaceAll(/[\\[\]]/g, String.raw`\$&`).replaceAll(/\s*\n\s*/g, ' ')
}
