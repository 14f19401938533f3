/**
 * Names of people as apps write them. Where a network has names of the form `user@host`, they are used; the keys of others are
 * no names, so such a person is called by what they call themselves and their local number: `alice_42@network`.
 */
import type { ClientNetwork } from '#api/mastodon/ports.ts'
import type { PersonView } from '#social/views.ts'

/** A name in its parts; `acct` has the host unless the person is of this node. */
export type Handle = { readonly username: string; readonly acct: string }

const fediverse = /^@?([\w.-]{1,100})@([\w.-]+(?::\d{1,5})?)$/

/** The name of a person. */
export function handleOf(person: PersonView): Handle {
  const [, user, host] = fediverse.exec(person.handle) ?? []
  if (user !== undefined && host !== undefined) {
    return { username: user, acct: person.local ? user : `${user}@${host}` }
  }
  const slug = slugOf(person.name ?? '')
  if (person.local) return { username: slug || 'me', acct: slug || 'me' }
  const username = `${slug || 'u'}_${person.id}`
  return { username, acct: `${username}@${person.ref.network}` }
}

/** The local number that a name of our own making ends with. */
export function idInHandle(networks: readonly ClientNetwork[], text: string): number | undefined {
  const [, id, network] = /^@?(?:\w{0,60}_)?(\d{1,15})@([\w-]{1,40})$/.exec(text.trim()) ?? []
  return id !== undefined && networks.some(({ name }) => name === network) ? Number(id) : undefined
}

/** Is this the name of the node's person? */
export function isOwnHandle(me: PersonView, host: string, text: string): boolean {
  const [, user = '', domain] = /^@?([^@\s]+)(?:@(\S+))?$/.exec(text.trim()) ?? []
  const { username } = handleOf(me)
  return user.toLowerCase() === username.toLowerCase() && (domain === undefined || domain === host)
}

function slugOf(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase().replaceAll(/\p{M}/gu, '')
  return plain
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 30)
    .replace(/_+$/, '')
}
