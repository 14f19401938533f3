import { segment } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import { pageOptions, pageQuery } from '#cli/paging.ts'
import { showPage, showPost } from '#cli/show.ts'
import type { Page, Post } from '#node/answers.ts'

/** `metalife timeline` */
export const timelineCommand: Command = {
  name: 'timeline',
  operands: '[PERSON]',
  arity: [0, 1],
  summary: 'Show posts, newest first: of those you follow, or of one person',
  options: {
    ...pageOptions,
    all: { help: 'Every public post that is here' },
    tag: { help: 'Posts with a hashtag', shape: 'TAG' },
  },
  async run({ operands: [person], options, output, connect }) {
    await using client = await connect()
    const page = await client.get<Page<Post>>(pathOf(person, options), pageQuery(options))
    const none =
      'There are no posts here yet. Follow somebody, or write the first one: metalife post "…"'
    output.result(page, () => showPage(page, (post) => showPost(post, output), none))
  },
}

function pathOf(
  person: string | undefined,
  options: Readonly<Record<string, string | true>>,
): string {
  const { tag, all } = options
  if (person !== undefined) return `/people/${segment(person)}/posts`
  if (typeof tag === 'string') return `/timelines/tags/${segment(tag.replace(/^#/, ''))}`
  return all ? '/timelines/all' : '/timelines/home'
}
