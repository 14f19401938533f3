/** Operations of the Mastodon client API: what each needs, and what it does. */
import type { ClientContext } from '#api/mastodon/context.ts'
import type { Entities } from '#api/mastodon/entities/entities.ts'
import type { Parameters } from '#api/mastodon/parameters.ts'
import type { HeldToken } from '#api/oauth/ports.ts'

/** Who may ask: everybody, who holds any token (also an app's own), or the person with one of these scopes. */
export type Access = 'anybody' | 'token' | readonly string[]

/** One request, with everything that answering it takes. */
export type Call = {
  readonly context: ClientContext
  readonly params: Parameters
  /** What stands in the path. */
  readonly path: Readonly<Record<string, string>>
  readonly request: Request
  /** Scheme, host and port by which the app reached the node. */
  readonly origin: string
  readonly show: Entities
  /** Undefined only where anybody may ask. */
  readonly held: HeldToken | undefined
}

/** The declaration of an operation, named as in the document. */
export type Operation = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `{name}` for what varies. */
  readonly path: string
  readonly access: Access
  /** A `Response` is passed on; anything else is answered as JSON. */
  readonly run: (call: Call) => Promise<unknown>
}

/** An operation by its line in the document, as `GET /api/v1/…`. */
export function operation(
  line: `${Operation['method']} /${string}`,
  access: Access,
  run: Operation['run'],
): Operation {
  const [method = '', path = ''] = line.split(' ', 2)
  return { method: method as Operation['method'], path, access, run }
}
