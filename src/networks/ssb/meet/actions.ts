/** What a person can ask of the ways to meet, by name. */
import type { Json } from '#base/json.ts'
import type { Clock } from '#base/clock.ts'
import type { Action } from '#network/network.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { readAddresses, addressText, tunnelAddress } from '#networks/ssb/meet/address.ts'
import { BadAddressError, ConnectError } from '#networks/ssb/meet/errors.ts'
import { readInvite, redeemInvite, type Redeemed } from '#networks/ssb/meet/invite.ts'
import type { Meet } from '#networks/ssb/meet/meet.ts'
import { registerAlias, resolveAlias, revokeAlias } from '#networks/ssb/meet/room/alias.ts'
import { claimInvite } from '#networks/ssb/meet/room/http-invite.ts'
import { readRoomLink } from '#networks/ssb/meet/room/links.ts'
import { leave } from '#networks/ssb/meet/room/metadata.ts'
import { isFeedId } from '#networks/ssb/refs.ts'
import type { Rpc } from '#networks/ssb/wire/rpc.ts'

export type MeetActionsOptions = {
  readonly meet: Meet
  readonly keys: SsbKeys
  readonly caps: Uint8Array
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Publishes what an accepted invite asks for: the follow of the pub, and a `pub` message with its address. */
  readonly accepted: (redeemed: Redeemed) => Promise<void>
}

type Parameters = Action['parameters']
type Run = Action['run']

const address: Parameters = {
  address: { help: 'net:host:port~shs:key, tunnel:…, or host:port:@key.ed25519', required: true },
}
const peer: Parameters = { peer: { help: '@….ed25519', required: true } }
const room: Parameters = { room: { help: 'The room: @….ed25519', required: true } }
const link: Parameters = {
  link: { help: 'The https:// or ssb: link as it was given to you', required: true },
}

/** The actions, ready to be mixed into `Network.actions`. */
export function meetActions(options: MeetActionsOptions): Readonly<Record<string, Action>> {
  return {
    ...peerActions(options),
    ...invitationActions(options),
    ...roomActions(options),
    ...aliasActions(options),
    ...signInActions(options),
  }
}

function peerActions({ meet }: MeetActionsOptions): Record<string, Action> {
  return {
    connect: action(
      'Connect to a peer and remember the address',
      address,
      async (given, signal) => {
        const rpc = await meet.connect(need(given, 'address'), signal)
        return { peer: rpc.remote, address: rpc.address }
      },
    ),
    disconnect: action('End the connection to a peer', peer, async (given) => {
      const id = needFeed(given, 'peer')
      await meet.connections.disconnect(id, 'the person ended it')
      // Else the scheduler would dial again at once.
      meet.book.describe(id, { automatic: false })
      return { peer: id }
    }),
    forget: action('Forget every address of a peer', peer, async (given) => {
      const id = needFeed(given, 'peer')
      meet.book.forget(id)
      await meet.connections.disconnect(id, 'the person ended it')
      return { peer: id }
    }),
    known: action('List the peers whose addresses are known', {}, async () =>
      meet.book.all().map((row) => ({
        peer: row.peer,
        role: row.role ?? null,
        name: row.name ?? null,
        automatic: row.automatic,
        addresses: row.addresses.map(({ address: text, source, failures }) => ({
          address: text,
          source,
          failures,
        })),
      })),
    ),
  }
}

function invitationActions(options: MeetActionsOptions): Record<string, Action> {
  const { meet, keys, accepted } = options
  return {
    'invite-accept': action(
      'Accept an invite to a pub or a room',
      { code: { help: 'The invite code or link', required: true } },
      async (given, signal) => {
        const code = need(given, 'code')
        const invite = readInvite(code)
        if (!invite) return joinRoom(options, code, signal)
        if (invite.kind === 'room')
          return enterRoom(meet, invite.addresses.map(addressText).join(';'), signal)
        const redeemed = await redeemInvite(
          invite,
          { ...options, self: keys.id, carriers: meet.carriers },
          signal,
        )
        meet.book.hear(redeemed.pub, redeemed.address, 'invite')
        meet.book.describe(redeemed.pub, { role: 'pub', automatic: true })
        await accepted(redeemed)
        meet.scheduler.nudge()
        return { pub: redeemed.pub, address: redeemed.address, before: redeemed.before }
      },
    ),
    'room-join': action('Join a room by its invite link or its address', link, (given, signal) =>
      joinRoom(options, need(given, 'link'), signal),
    ),
    alias: action(
      'Find the person behind an alias and connect to them',
      link,
      async (given, signal) => {
        const found = readRoomLink(need(given, 'link'))
        if (found?.action !== 'open-alias' && found?.action !== 'consume-alias')
          throw new BadAddressError('the link of an alias')
        const alias = await resolveAlias(options, found, signal)
        await enterRoom(meet, alias.address, signal)
        const rpc = await meet.connect(tunnelAddress(alias.room, alias.user), signal)
        return { person: rpc.remote, alias: alias.alias, room: alias.room }
      },
    ),
  }
}

function roomActions({ meet }: MeetActionsOptions): Record<string, Action> {
  return {
    rooms: action('List the connected rooms and who is in them', {}, async () =>
      meet.rooms.all().map(({ id, metadata, attendants }) => ({
        room: id,
        name: metadata.name ?? null,
        version: metadata.version,
        member: metadata.member,
        features: [...metadata.features],
        attendants: [...attendants],
      })),
    ),
    'room-leave': action(
      'Leave a room and do not come back by yourself',
      room,
      async (given, signal) => {
        const id = needFeed(given, 'room')
        const rpc = meet.rooms.rpc(id)
        if (rpc) await leave(rpc, signal)
        meet.book.describe(id, { automatic: false })
        await meet.connections.disconnect(id, 'the person left the room')
        return { room: id }
      },
    ),
  }
}

function aliasActions({ meet, keys }: MeetActionsOptions): Record<string, Action> {
  const alias: Parameters = {
    ...room,
    alias: { help: 'Letters, digits and hyphens', required: true },
  }
  return {
    'alias-register': action(
      'Register an alias of yours in a room',
      alias,
      async (given, signal) => {
        const url = await registerAlias(
          connectedRoom(meet, given),
          keys,
          need(given, 'alias'),
          signal,
        )
        return { alias: need(given, 'alias'), url: url ?? null }
      },
    ),
    'alias-revoke': action('Give an alias of yours back', alias, async (given, signal) => {
      await revokeAlias(connectedRoom(meet, given), need(given, 'alias'), signal)
      return { alias: need(given, 'alias') }
    }),
  }
}

function signInActions({ meet }: MeetActionsOptions): Record<string, Action> {
  return {
    'sign-in': action(
      "Get a link that signs you in to a room's web page (open it within five minutes)",
      room,
      async (given) => {
        const rpc = connectedRoom(meet, given)
        const known =
          meet.book.get(rpc.remote)?.addresses.flatMap((one) => readAddresses(one.address)) ?? []
        const host = known.find(({ transport }) => transport === 'net')?.parts[0]
        if (!host) throw new ConnectError(`the room ${rpc.remote}`, 'its web host is not known')
        return { url: meet.signIn.begin(rpc.remote, host).href }
      },
    ),
    'sign-in-answer': action(
      "Allow the sign-in that a room's web page asked for",
      link,
      async (given, signal) => {
        const found = readRoomLink(need(given, 'link'))
        if (found?.action !== 'start-http-auth') throw new BadAddressError('the link of a sign-in')
        const rpc =
          meet.rooms.rpc(found.sid) ??
          (found.address === undefined
            ? undefined
            : await enterRoom(meet, found.address, signal).then(() => meet.rooms.rpc(found.sid)))
        if (!rpc) throw new ConnectError(`the room ${found.sid}`, 'it is not connected now')
        return { signedIn: await meet.signIn.answer(rpc, found.sc, signal) }
      },
    ),
    'sign-out': action(
      'Sign out of the web page of a room, everywhere',
      room,
      async (given, signal) => {
        await meet.signIn.signOut(connectedRoom(meet, given), signal)
        return { room: needFeed(given, 'room') }
      },
    ),
  }
}

/** Claims the invite that a link carries, or takes the text as the room's address; then enters. */
async function joinRoom(
  options: MeetActionsOptions,
  text: string,
  signal: AbortSignal,
): Promise<Json> {
  const found = readRoomLink(text)
  if (found?.action === 'claim-http-invite' || found?.action === 'open-invite') {
    return enterRoom(
      options.meet,
      await claimInvite(options, found, options.keys.id, signal),
      signal,
    )
  }
  const invite = readInvite(text)
  if (invite?.kind === 'room')
    return enterRoom(options.meet, invite.addresses.map(addressText).join(';'), signal)
  if (readAddresses(text).length === 0)
    throw new BadAddressError('an invite or the address of a room')
  return enterRoom(options.meet, text, signal)
}

async function enterRoom(meet: Meet, text: string, signal: AbortSignal): Promise<Json> {
  const rpc = await meet.connect(text, signal)
  const entered = await meet.rooms.settled(rpc.remote, signal)
  if (!entered) throw new ConnectError(text, 'it is not a room')
  meet.book.hear(
    entered.id,
    addressText(readAddresses(text)[0] ?? tunnelAddress(entered.id, entered.id)),
    'room',
  )
  return { room: entered.id, name: entered.metadata.name ?? null, member: entered.metadata.member }
}

function connectedRoom(meet: Meet, given: Readonly<Record<string, string>>): Rpc {
  const id = needFeed(given, 'room')
  const rpc = meet.rooms.rpc(id)
  if (!rpc) throw new ConnectError(`the room ${id}`, 'it is not connected now')
  return rpc
}

function action(help: string, parameters: Parameters, run: Run): Action {
  return { help, parameters, run }
}

function need(given: Readonly<Record<string, string>>, name: string): string {
  const text = given[name]
  if (!text) throw new BadAddressError(`complete: "${name}" is missing`)
  return text
}

function needFeed(given: Readonly<Record<string, string>>, name: string): string {
  const text = need(given, name)
  if (!isFeedId(text)) throw new BadAddressError('the name of a peer (@….ed25519)')
  return text
}
