/** Small JSON over HTTP from a room's web side: bounded in time and size. */
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { isObject, type JsonObject } from '#base/json.ts'
import { withDeadline } from '#networks/ssb/meet/deadline.ts'
import { reasonOf } from '#networks/ssb/meet/errors.ts'

/** The room's web side refused, or did not answer as a room does. */
export class RoomWebError extends MetaLifeError {
  override name = 'RoomWebError'
}

export type Web = { readonly fetch: typeof globalThis.fetch; readonly clock: Clock }

const patience = 15_000
const longest = 65_536

/**
 * Gets a JSON object, or posts one and gets the answer.
 *
 * @throws RoomWebError with the room's own reason where it gave one; the signal's reason
 */
export async function askWeb(
  web: Web,
  url: URL,
  signal: AbortSignal,
  body?: JsonObject,
): Promise<JsonObject> {
  using deadline = withDeadline(web.clock, patience, [signal])
  const where = url.host
  let text: string
  let ok: boolean
  try {
    const response = await web.fetch(url, {
      signal: deadline.signal,
      headers: {
        accept: 'application/json',
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { method: 'POST', body: JSON.stringify(body), redirect: 'error' as const } : {}),
    })
    ok = response.ok
    text = await readText(response, longest)
  } catch (cause) {
    signal.throwIfAborted()
    const reason = reasonOf(cause)
    throw new RoomWebError(`Could not reach ${where}: ${reason}. Try again later.`, { cause })
  }
  const value = parse(text)
  const said =
    isObject(value) && typeof value['error'] === 'string' ? value['error'].slice(0, 300) : undefined
  const failed =
    isObject(value) && value['status'] !== undefined && value['status'] !== 'successful'
  if (said !== undefined && (failed || !ok)) throw new RoomWebError(`${where} refused: ${said}`)
  if (!ok || failed || !isObject(value))
    throw new RoomWebError(`${where} did not answer as a room does. Check the link.`)
  return value
}

async function readText(response: Response, limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > limit) throw new RoomWebError('its answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
