/** Why something cannot be done, read off what the networks can carry. */
import type { ClientNetwork } from '#api/mastodon/ports.ts'
import { invalid } from '#api/mastodon/parameters.ts'
import type { HttpError } from '#http/http-error.ts'

const reasons = {
  edit: 'cannot change what is published',
  delete: 'cannot take back what is published',
  share: 'cannot pass on posts',
} as const

/** 422 for a deed that no network here carries, or that this program does not do yet. */
export function refusal(networks: readonly ClientNetwork[], deed: keyof typeof reasons): HttpError {
  const able = networks.filter(({ abilities }) => abilities.deeds.has(deed))
  if (able.length > 0) return invalid('This node cannot do this yet.')
  const titles = networks.map(({ title }) => title).join(', ') || 'This node'
  return invalid(`${titles} ${reasons[deed]}.`)
}
