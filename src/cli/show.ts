/** People, posts and deliveries as lines of text. */
import type { Output } from '#cli/output.ts'
import { oneLine, printable } from '#cli/printable.ts'
import type { Delivery, Message, Page, Person, Post, Published } from '#node/answers.ts'

/** Name and handle. */
export function showPerson(person: Person, output: Output): string {
  const handle = oneLine(person.handle, 80)
  if (person.name === undefined) return output.style('bold', handle)
  return `${output.style('bold', oneLine(person.name, 60))} ${output.style('dim', handle)}`
}

/** A post over several lines. */
export function showPost(post: Post, output: Output, indent = ''): string {
  const counts = [
    ...post.reactions.map(({ emoji, count }) => `${oneLine(emoji, 8)} ${count}`),
    ...(post.replies > 0 ? [`${post.replies} ${post.replies === 1 ? 'reply' : 'replies'}`] : []),
    ...(post.provisional ? ['not checked yet'] : []),
  ]
  const lines = [
    `${showPerson(post.author, output)}  ${output.style('dim', showTime(post.at))}`,
    ...showContent(post.content),
    output.style('dim', [...counts, printable(post.ref.id)].join(' · ')),
  ]
  return lines.map((line) => indent + line).join('\n')
}

/** A private message over several lines. */
export function showMessage(message: Message, output: Output): string {
  const head = `${showPerson(message.author, output)}  ${output.style('dim', showTime(message.at))}`
  return [head, ...showContent(message.content)].join('\n')
}

/** A page with what to add to see the next one. */
export function showPage<T>(page: Page<T>, show: (item: T) => string, none: string): string {
  if (page.items.length === 0) return none
  const more = page.next === undefined ? '' : `\n\nMore: --after ${page.next}`
  return page.items.map(show).join('\n\n') + more
}

/** What became of a deed. */
export function showPublished(done: string, { id, deliveries }: Published): string {
  const refs = deliveries.flatMap(({ ref }) => (ref ? [printable(ref.id)] : []))
  const name = refs[0] ?? id
  const head = name === undefined ? `${done}.` : `${done}: ${name}`
  return [head, ...deliveries.filter(({ state }) => state !== 'sent').map(showDelivery)].join('\n')
}

/** Local date and time. */
export function showTime(at: number): string {
  return new Date(at).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' })
}

/** Bytes for people. */
export function showSize(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1_000 ** power).toFixed(1)} ${units[power - 1]}`
}

function showDelivery({ network, state, why }: Delivery): string {
  const reason = why === undefined ? '' : `: ${oneLine(why)}`
  return `  ${network}: ${state === 'waiting' ? 'kept, will be sent' : state}${reason}`
}

function showContent(content: Post['content']): readonly string[] {
  const files = content.attachments.map(
    ({ ref, name, description }) =>
      `[${oneLine(description ?? name ?? 'file')}] ${printable(ref.id)}`,
  )
  const warning = content.warning === undefined ? [] : [`(${oneLine(content.warning)})`]
  return [...warning, ...printable(content.text.body).trimEnd().split('\n'), ...files]
}
