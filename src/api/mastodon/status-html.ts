/** The text of a post as HTML for apps: the safe HTML of the local API, with links to people, posts, files and hashtags. */
import { escapeHtml, renderText } from '#api/local/render-text.ts'
import type { Text } from '#model/content.ts'

/** What names in a text lead to. */
export type Links = {
  readonly origin: string
  /** Of a native name; undefined for what is none, null for what is shown beside the text. */
  native(name: string): { readonly url: string; readonly person?: string } | null | undefined
}

const anchor = 'rel="noopener noreferrer nofollow ugc" target="_blank"'

/** HTML with `p`, `br`, `a`, `span`, `strong`, `em`, `code`, `pre`, `blockquote`, `ul`, `li` and nothing else. */
export function statusHtml(text: Text, links: Links): string {
  return tagged(linked(renderText(text), links), links.origin)
}

/** Names that the renderer marked become links. */
function linked(html: string, { native }: Links): string {
  const marked = /<span class="mention" title="([^"]*)">([^<]*)<\/span>/g
  const done = html.replaceAll(marked, (_, title: string, label: string) => {
    const found = native(unescapeHtml(title))
    if (found === undefined) return label
    if (found === null) return ''
    const url = escapeHtml(found.url)
    if (found.person === undefined) return `<a href="${url}" ${anchor}>${label}</a>`
    const name = label.replace(/^@/, '')
    return `<span class="h-card"><a href="${url}" class="u-url mention" ${anchor}>@<span>${name}</span></a></span>`
  })
  return done.replaceAll(/<p>(?:<br>|\s)*<\/p>/g, '')
}

const hashtag = /(?<![\p{L}\p{N}_/&#;])#([\p{L}\p{N}_-]{1,100})/gu

/** Hashtags outside links and code become links. */
function tagged(html: string, origin: string): string {
  let inside = 0
  return html
    .split(/(<[^>]*>)/)
    .map((part) => {
      if (/^<(?:a|code|pre)\b/.test(part)) inside += 1
      if (/^<\/(?:a|code|pre)>/.test(part)) inside -= 1
      if (inside > 0 || part.startsWith('<')) return part
      return part.replaceAll(hashtag, (_, tag: string) => {
        const url = escapeHtml(tagAddress(origin, tag))
        return `<a href="${url}" class="mention hashtag" rel="tag">#<span>${tag}</span></a>`
      })
    })
    .join('')
}

/** Where a hashtag is shown. */
export function tagAddress(origin: string, tag: string): string {
  return `${origin}/tags/${encodeURIComponent(tag.toLowerCase())}`
}

/** The text of escaped HTML, as `escapeHtml` writes it. */
function unescapeHtml(html: string): string {
  return html.replaceAll(/&#(\d{1,7});/g, (_, code: string) => String.fromCodePoint(Number(code)))
}
