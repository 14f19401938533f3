/** Texts for Scuttlebutt, which writes markdown. */
import type { Text } from '#model/content.ts'

/** A text as markdown; undefined for HTML that is more than paragraphs, emphasis, code and links. */
export function asMarkdown(text: Text): string | undefined {
  switch (text.format) {
    case 'markdown':
      return text.body
    case 'plain':
      return escapePlain(text.body)
    case 'html':
      return fromHtml(text.body)
  }
}

/** Escapes what markdown would read as its own, outside of web addresses. */
function escapePlain(body: string): string {
  return body
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => (index % 2 === 1 ? part : escapePart(part)))
    .join('')
}

function escapePart(part: string): string {
  return part
    .replaceAll(/[\\`*_[\]<]/g, String.raw`\$&`)
    .replaceAll(/^(\s*)([>+-]|#{1,6}(?=\s))/gm, String.raw`$1\$2`)
    .replaceAll(/^(\s*\d+)([.)])/gm, String.raw`$1\$2`)
}

const simpleTags: Readonly<Record<string, string>> = {
  '<p>': '',
  '</p>': '\n\n',
  '<br>': '\n',
  '<strong>': '**',
  '</strong>': '**',
  '<b>': '**',
  '</b>': '**',
  '<em>': '*',
  '</em>': '*',
  '<i>': '*',
  '</i>': '*',
  '<code>': '`',
  '</code>': '`',
  '<span>': '',
  '</span>': '',
}
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  apos: "'",
  nbsp: ' ',
}

function fromHtml(body: string): string | undefined {
  const links: string[] = []
  let simple = true
  // Even places are text, odd ones tags.
  const parts = body.split(/(<[^<>]*>)/).map((part, index) => {
    if (index % 2 === 0) {
      if (part.includes('<')) simple = false
      return escapePart(decodeEntities(part))
    }
    const tag = part.toLowerCase().replace(/\s*\/>$/, '>')
    const href = /^<a\s(?:[^>]*\s)?href="(https?:\/\/[^"\s()]+)"[^>]*>$/i.exec(part)?.[1]
    if (href !== undefined) return links.push(decodeEntities(href)) === 1 ? '[' : broken()
    if (tag === '</a>') return links.length === 1 ? `](${links.pop() ?? ''})` : broken()
    const bare = tag.replace(/^<(p|span)\s[^>]*>$/, '<$1>')
    return Object.hasOwn(simpleTags, bare) ? (simpleTags[bare] ?? '') : broken()
  })
  function broken(): string {
    simple = false
    return ''
  }
  return simple && links.length === 0 ? parts.join('').trim() : undefined
}

function decodeEntities(text: string): string {
  return text.replaceAll(/&(#39|[a-z]{2,4});/g, (whole, name: string) => entities[name] ?? whole)
}
