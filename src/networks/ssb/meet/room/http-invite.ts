/** Claims an invite to a room over the web (Rooms 2, "Invites" and "Joining"). */
import { readAddresses } from '#networks/ssb/meet/address.ts'
import { isWebAddress, type RoomLink } from '#networks/ssb/meet/room/links.ts'
import { askWeb, RoomWebError, type Web } from '#networks/ssb/meet/room/web.ts'

type InviteLink = Extract<RoomLink, { readonly action: 'claim-http-invite' | 'open-invite' }>

/**
 * Makes `self` a member; the answer is the room's multiserver address.
 *
 * @throws RoomWebError with the room's reason (used already, expired, unknown…)
 */
export async function claimInvite(
  web: Web,
  link: InviteLink,
  self: string,
  signal: AbortSignal,
): Promise<string> {
  const { invite, postTo } =
    link.action === 'claim-http-invite' ? link : await openInvite(web, link.url, signal)
  const answer = await askWeb(web, new URL(postTo), signal, { id: self, invite })
  const address = answer['multiserverAddress']
  if (typeof address !== 'string' || readAddresses(address).length === 0) {
    throw new RoomWebError(
      'The room took the invite but gave no address that can be dialled. Ask its operator.',
    )
  }
  return address
}

async function openInvite(
  web: Web,
  page: string,
  signal: AbortSignal,
): Promise<{ readonly invite: string; readonly postTo: string }> {
  const url = new URL(page)
  url.searchParams.set('encoding', 'json')
  const { invite, postTo } = await askWeb(web, url, signal)
  const target = typeof postTo === 'string' ? URL.parse(postTo, page) : null
  // An invite of one host that is to be posted to another is a mistake or a trap.
  if (
    typeof invite !== 'string' ||
    !invite ||
    !target ||
    !isWebAddress(target) ||
    target.host !== url.host
  ) {
    throw new RoomWebError(`${url.host} did not answer with an invite. Check the link.`)
  }
  return { invite, postTo: target.href }
}
