/** Filter, and what of a status it matches: apps decide by it what they hide. */
import type { Content } from '#model/content.ts'
import type { PostFilterRule } from '#social/app/filters.ts'

/** A filter with everything that it looks for. */
export function filterOf(filter: PostFilterRule) {
  return {
    ...headOf(filter),
    keywords: filter.keywords.map(keywordOf),
    statuses: filter.posts.map(({ id, post }) => ({ id, status_id: post })),
  }
}

/** A keyword of a filter. */
export function keywordOf({ id, keyword, whole }: PostFilterRule['keywords'][number]) {
  return { id, keyword, whole_word: whole }
}

/** Makes a function that says which filters match; those whose time is over do not. */
export function matcherOf(filters: readonly PostFilterRule[], now: number) {
  const active = filters.filter(({ until }) => until === undefined || until > now)
  const compiled = active.map((filter) => ({
    filter,
    keywords: filter.keywords.map(({ keyword, whole }) => ({
      keyword,
      pattern: patternOf(keyword, whole),
    })),
    posts: new Set(filter.posts.map(({ post }) => post)),
  }))
  return (id: string, content: Content) => {
    if (compiled.length === 0) return []
    const words = wordsOf(content)
    return compiled.flatMap(({ filter, keywords, posts }) => {
      const found = keywords
        .filter(({ pattern }) => pattern.test(words))
        .map(({ keyword }) => keyword)
      if (found.length === 0 && !posts.has(id)) return []
      return [
        {
          filter: headOf(filter),
          keyword_matches: found.length > 0 ? found : null,
          status_matches: posts.has(id) ? [id] : null,
        },
      ]
    })
  }
}

function headOf({ id, title, contexts, action, until }: PostFilterRule) {
  const expires_at = until === undefined ? null : new Date(until).toISOString()
  return { id, title, context: contexts, expires_at, filter_action: action }
}

function patternOf(keyword: string, whole: boolean): RegExp {
  const before = whole && /^[\p{L}\p{N}_]/u.test(keyword) ? '(?<![\\p{L}\\p{N}_])' : ''
  const after = whole && /[\p{L}\p{N}_]$/u.test(keyword) ? '(?![\\p{L}\\p{N}_])' : ''
  return new RegExp(before + RegExp.escape(keyword) + after, 'iu')
}

function wordsOf({ text, title = '', warning = '', attachments }: Content): string {
  return [
    warning,
    title,
    text.body,
    ...attachments.map(({ description = '' }) => description),
  ].join('\n')
}
