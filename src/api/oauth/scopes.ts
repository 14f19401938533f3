/** Scopes of the Mastodon client API (docs.joinmastodon.org/api/oauth-scopes), without those for administrators. */

const parts = {
  read: [
    'accounts',
    'blocks',
    'bookmarks',
    'collections',
    'favourites',
    'filters',
    'follows',
    'lists',
    'mutes',
    'notifications',
    'search',
    'statuses',
  ],
  write: [
    'accounts',
    'blocks',
    'bookmarks',
    'collections',
    'conversations',
    'favourites',
    'filters',
    'follows',
    'lists',
    'media',
    'mutes',
    'notifications',
    'reports',
    'statuses',
  ],
} as const

/** Every scope that can be asked for. */
export const knownScopes: readonly string[] = [
  'profile',
  'read',
  'write',
  'follow',
  'push',
  ...parts.read.map((part) => `read:${part}`),
  ...parts.write.map((part) => `write:${part}`),
]

/** What the old scope `follow` stands for. */
const followed = [
  'read:blocks',
  'write:blocks',
  'read:follows',
  'write:follows',
  'read:mutes',
  'write:mutes',
]

/** The scopes of a text, each once; undefined when one is unknown or there are none. */
export function parseScopes(text: string): readonly string[] | undefined {
  const scopes = [...new Set(text.split(/[\s+]+/).filter((scope) => scope !== ''))]
  return scopes.length > 0 && scopes.every((scope) => knownScopes.includes(scope))
    ? scopes
    : undefined
}

/** Do these scopes include that one? */
export function covers(scopes: readonly string[], wanted: string): boolean {
  if (scopes.includes(wanted)) return true
  const [whole = ''] = wanted.split(':', 1)
  if (wanted.includes(':') && scopes.includes(whole)) return true
  return scopes.includes('follow') && followed.includes(wanted)
}

/** What a scope lets an app do, for people. */
export function explainScopes(scopes: readonly string[]): readonly string[] {
  return scopes.map((scope) => explanations[scope] ?? explainPart(scope))
}

const explanations: Readonly<Record<string, string>> = {
  profile: 'see your name, picture and description',
  read: 'read everything that you can read, private messages too',
  write: 'write in your name: posts, answers, private messages, reactions, your profile',
  follow: 'see and change whom you follow, block and mute',
  push: 'be told at once when something happens',
}

function explainPart(scope: string): string {
  const [verb, part = ''] = scope.split(':', 2)
  return `${verb === 'read' ? 'see' : 'change'} your ${part}`
}
