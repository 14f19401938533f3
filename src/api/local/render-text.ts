/**
 * Foreign text as safe HTML: everything is escaped, then paragraphs, emphasis, code, quotes and links are made.
 *
 * A small part of Markdown (CommonMark 0.31) on purpose; every pattern is bounded, so the time grows with the length.
 */
import type { Text } from '#model/content.ts'

/** HTML of the given text; what it is not sure of stays as it was written. */
export function renderText(text: Text): string {
  if (text.format === 'plain')
    return text.body
      .split(/\n{2,}/)
      .map(plainParagraph)
      .join('')
  return blocks(text.body.replaceAll('\r\n', '\n'))
}

/** Escapes text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (found) => `&#${found.charCodeAt(0)};`)
}

function blocks(source: string): string {
  const html: string[] = []
  let open:
    | { readonly kind: 'p' | 'blockquote' | 'ul' | 'pre'; readonly lines: string[] }
    | undefined
  const close = (): void => {
    if (open && open.lines.length > 0) html.push(block(open.kind, open.lines))
    open = undefined
  }
  for (const line of source.split('\n')) {
    const fence = /^ {0,3}```/.test(line)
    if (open?.kind === 'pre') {
      if (fence) close()
      else open.lines.push(line)
      continue
    }
    if (fence) {
      close()
      open = { kind: 'pre', lines: [] }
      continue
    }
    const [, quote, item] = /^ {0,3}(?:(> ?)|([-*+] +))/.exec(line) ?? []
    const heading = /^ {0,3}#{1,6} +/.exec(line)
    const kind = quote ? 'blockquote' : item ? 'ul' : 'p'
    if (line.trim() === '' || heading) {
      close()
      if (heading) html.push(`<p><strong>${inline(line.slice(heading[0].length))}</strong></p>`)
      continue
    }
    if (open?.kind !== kind) close()
    open ??= { kind, lines: [] }
    open.lines.push(kind === 'p' ? line : line.replace(/^ {0,3}(?:> ?|[-*+] +)/, ''))
  }
  close()
  return html.join('')
}

function block(kind: 'p' | 'blockquote' | 'ul' | 'pre', lines: readonly string[]): string {
  if (kind === 'pre') return `<pre><code>${escapeHtml(lines.join('\n'))}</code></pre>`
  if (kind === 'ul') return `<ul>${lines.map((line) => `<li>${inline(line)}</li>`).join('')}</ul>`
  const inner = inline(lines.join('\n')).replaceAll('\n', '<br>')
  return kind === 'p' ? `<p>${inner}</p>` : `<blockquote><p>${inner}</p></blockquote>`
}

/** Code first (nothing in it is read), then links, then bare addresses, then emphasis. */
const tokens =
  /`([^`\n]{1,1000})`|!?\[([^[\]\n]{0,500})\]\(\s{0,4}([^\s()]{1,2000}(?:\([^\s()]{0,500}\)[^\s()]{0,500})?)[^()\n]{0,200}\)|(https?:\/\/[^\s<>"'`]{1,2000})/g

function inline(source: string): string {
  let html = ''
  let from = 0
  for (const found of source.matchAll(tokens)) {
    const [whole, code, label, target, bare] = found
    html += emphasis(source.slice(from, found.index))
    from = found.index + whole.length
    if (code !== undefined) html += `<code>${escapeHtml(code)}</code>`
    else if (bare !== undefined) {
      const end = bare.length - (/[.,;:!?)\]}*_]+$/.exec(bare)?.[0].length ?? 0)
      html += link(bare.slice(0, end), bare.slice(0, end)) + escapeHtml(bare.slice(end))
    } else html += link(label === undefined || label === '' ? (target ?? '') : label, target ?? '')
  }
  return html + emphasis(source.slice(from))
}

function link(label: string, target: string): string {
  const shown = escapeHtml(label)
  const url = /^https?:\/\//i.test(target) ? URL.parse(target) : null
  if (url) {
    const attributes = 'rel="noopener noreferrer nofollow ugc" target="_blank"'
    return `<a href="${escapeHtml(url.href)}" ${attributes}>${shown}</a>`
  }
  return `<span class="mention" title="${escapeHtml(target)}">${shown}</span>`
}

function emphasis(source: string): string {
  return escapeHtml(source)
    .replaceAll(/\*\*(?=\S)([^*\n]{1,1000})(?<=\S)\*\*/g, '<strong>$1</strong>')
    .replaceAll(/(?<![\w*])([*_])(?=\S)([^*_\n]{1,1000})(?<=\S)\1(?![\w*])/g, '<em>$2</em>')
}

function plainParagraph(paragraph: string): string {
  if (paragraph.trim() === '') return ''
  const lines = paragraph.split('\n').map((line) => {
    let html = ''
    let from = 0
    for (const found of line.matchAll(/https?:\/\/[^\s<>"'`]{1,2000}/g)) {
      html += escapeHtml(line.slice(from, found.index)) + link(found[0], found[0])
      from = found.index + found[0].length
    }
    return html + escapeHtml(line.slice(from))
  })
  return `<p>${lines.join('<br>')}</p>`
}
