/** A small honest room server for tests (Rooms 1 and 2): tunnels, attendants, aliases, web invites and web sign-in. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '#base/clock.ts'
import { isObject, type Json } from '#base/json.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { openConnections, type Connections } from '#networks/ssb/meet/connections.ts'
import { bytesOf } from '#networks/ssb/refs.ts'
import type { Carrier } from '#networks/ssb/wire/carrier.ts'
import type { Body, Channel, Method, Methods } from '#networks/ssb/wire/rpc.ts'
import { jsonBody } from '#networks/ssb/wire/rpc.ts'

export type RoomServerOptions = {
  readonly keys: SsbKeys
  readonly caps: Uint8Array
  readonly clock: Clock
  readonly carrier: Carrier
  readonly version: 1 | 2
  /** Members; whoever claims an invite becomes one. Rooms of version 1 take everybody. */
  readonly members?: Set<string>
  readonly invites?: Set<string>
}

export interface RoomServer extends AsyncDisposable {
  readonly id: string
  /** Multiserver address. */
  readonly address: string
  /** `http://127.0.0.1:port` */
  readonly web: string
  readonly connections: Connections
  readonly attendants: ReadonlySet<string>
  readonly members: Set<string>
  readonly aliases: Map<string, { readonly user: string; readonly signature: string }>
  /** Challenges of sign-ins that ended well. */
  readonly signedIn: Set<string>
  /** Asks a connected member to solve a challenge, as the web page of a sign-in does; true when it did. */
  signIn(member: string, sc: string, cc: string): Promise<boolean>
}

/** Starts the room. */
export async function startRoomServer(options: RoomServerOptions): Promise<RoomServer> {
  const { keys, caps, clock, version } = options
  const members = options.members ?? new Set<string>()
  const invites = options.invites ?? new Set<string>()
  const aliases: RoomServer['aliases'] = new Map()
  const signedIn = new Set<string>()
  const attendants = new Set<string>()
  const listeners = new Set<(type: 'joined' | 'left', id: string) => void>()

  function enter(id: string): void {
    if (attendants.has(id)) return
    attendants.add(id)
    for (const tell of [...listeners]) tell('joined', id)
  }
  function leave(id: string): void {
    if (attendants.delete(id)) for (const tell of [...listeners]) tell('left', id)
  }
  const isInternal = (id: string): boolean => version === 1 || members.has(id)
  const shared: Methods = {
    'tunnel.isRoom': answer(
      () => true,
      () => (version === 1 ? { name: 'Test room', description: '' } : true),
    ),
    'tunnel.ping': answer(
      () => true,
      () => clock.now(),
    ),
    'tunnel.announce': answer(isInternal, (_args, id) => (enter(id), true)),
    'tunnel.leave': answer(isInternal, (_args, id) => (leave(id), true)),
    'tunnel.connect': {
      type: 'duplex',
      allow: () => true,
      handle: ([wish], { rpc }, channel) => relay(wish, rpc.remote, channel),
    },
    'tunnel.endpoints': changes(isInternal, enter, () => [...attendants]),
  }
  const second: Methods = {
    'room.metadata': answer(
      () => true,
      (_args, id) => ({
        name: 'Test room',
        membership: members.has(id),
        features: ['tunnel', 'room2', 'alias', 'httpAuth', 'httpInvite'],
      }),
    ),
    'room.attendants': {
      type: 'source',
      allow: isInternal,
      handle: (_args, { rpc, signal }) => {
        enter(rpc.remote)
        return stream({ type: 'state', ids: [...attendants] }, (type, id) => ({ type, id }), signal)
      },
    },
    'room.registerAlias': answer(isInternal, ([alias, signature], id) =>
      registerAlias(text(alias), text(signature), id),
    ),
    'room.revokeAlias': answer(isInternal, ([alias], id) => {
      if (aliases.get(text(alias))?.user !== id) throw new Error('not yours')
      return aliases.delete(text(alias))
    }),
    'httpAuth.sendSolution': answer(isInternal, ([sc, cc, solution], id) =>
      solved(id, text(sc), text(cc), text(solution)),
    ),
    'httpAuth.invalidateAllSolutions': answer(isInternal, () => (signedIn.clear(), true)),
  }

  async function relay(wish: Json | undefined, origin: string, channel: Channel): Promise<void> {
    const target = isObject(wish) && typeof wish['target'] === 'string' ? wish['target'] : ''
    const rpc = attendants.has(target) ? connections.get(target) : undefined
    if (!rpc) return channel.end(new Error(`could not connect to ${target}`))
    const far = rpc.duplex(['tunnel', 'connect'], [{ portal: keys.id, target, origin }])
    await Promise.all([pass(channel, far), pass(far, channel)])
  }
  function changes(
    allow: (id: string) => boolean,
    arrive: (id: string) => void,
    list: () => readonly string[],
  ): Method {
    return {
      type: 'source',
      allow,
      handle: (_args, { rpc, signal }) => {
        arrive(rpc.remote)
        return stream([...list()], () => [...list()], signal)
      },
    }
  }
  async function* stream(
    first: Json,
    next: (type: string, id: string) => Json,
    signal: AbortSignal,
  ): AsyncIterable<Body> {
    const waiting: Json[] = [first]
    let wake = Promise.withResolvers<void>()
    const tell = (type: 'joined' | 'left', id: string): void => {
      waiting.push(next(type, id))
      wake.resolve()
    }
    const stop = (): void => wake.resolve()
    listeners.add(tell)
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        for (const value of waiting.splice(0)) yield jsonBody(value)
        await wake.promise
        wake = Promise.withResolvers()
      }
    } finally {
      listeners.delete(tell)
    }
  }
  function registerAlias(alias: string, signature: string, user: string): Json {
    const signed = `=room-alias-registration:${keys.id}:${user}:${alias}`
    if (aliases.has(alias)) throw new Error('alias is taken')
    if (!verifies(signature, signed, user)) throw new Error('bad signature')
    aliases.set(alias, { user, signature })
    return `${web}/${alias}`
  }
  function solved(id: string, sc: string, cc: string, solution: string): boolean {
    const good = verifies(solution, `=http-auth-sign-in:${keys.id}:${id}:${sc}:${cc}`, id)
    if (good) signedIn.add(sc)
    return good
  }

  const methods = version === 1 ? shared : { ...shared, ...second }
  const connections = openConnections({
    keys,
    caps,
    clock,
    carriers: [options.carrier],
    methods,
    authorise: () => 'yes',
  })
  connections.on((event) => event.type === 'disconnected' && leave(event.peer))
  await connections.listen()
  const address = `${connections.addresses()[0]}~shs:${keys.id.slice(1, -8)}`
  const server = createServer(
    (request, response) =>
      void serve(request, response, { invites, members, aliases, address, room: keys.id }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    id: keys.id,
    address,
    web,
    connections,
    attendants,
    members,
    aliases,
    signedIn,
    async signIn(member, sc, cc) {
      const solution = await connections
        .get(member)
        ?.call(['httpAuth', 'requestSolution'], [sc, cc])
      return solved(member, sc, cc, text(solution))
    },
    async [Symbol.asyncDispose]() {
      await connections[Symbol.asyncDispose]()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function answer(
  allow: (id: string) => boolean,
  handle: (args: readonly Json[], id: string) => Json,
): Method {
  return { type: 'async', allow, handle: async (args, { rpc }) => handle(args, rpc.remote) }
}

async function pass(from: Channel, to: Channel): Promise<void> {
  try {
    for await (const body of from.source) await to.write(body)
    await to.end()
  } catch (error) {
    await to.end(error instanceof Error ? error : new Error(String(error))).catch(() => {})
  }
}

function verifies(signature: string, text: string, user: string): boolean {
  const bytes = Buffer.from(signature.replace(/\.sig\.ed25519$/, ''), 'base64')
  return (
    bytes.length === 64 &&
    sodium.crypto_sign_verify_detached(bytes, Buffer.from(text), bytesOf(user))
  )
}

type WebState = Pick<RoomServer, 'members' | 'aliases' | 'address'> & {
  readonly invites: Set<string>
  readonly room: string
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  state: WebState,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
  const [status, body] = request.method === 'POST' ? await claim(request, state) : page(url, state)
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function claim(
  request: IncomingMessage,
  { invites, members, address }: WebState,
): Promise<[number, Json]> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { id, invite } = JSON.parse(Buffer.concat(chunks).toString()) as {
    id: string
    invite: string
  }
  if (!invites.delete(invite))
    return [404, { status: 'failed', error: 'the invite was already used' }]
  members.add(id)
  return [200, { status: 'successful', multiserverAddress: address }]
}

function page(url: URL, { aliases, address, room }: WebState): [number, Json] {
  const invite = url.searchParams.get('invite')
  if (url.pathname === '/join' && invite)
    return [200, { status: 'successful', invite, postTo: `${url.origin}/invite/consume` }]
  const alias = url.pathname.slice(1)
  const known = aliases.get(alias)
  if (!known) return [404, { status: 'error', error: 'no such alias' }]
  return [
    200,
    {
      status: 'successful',
      multiserverAddress: address,
      roomId: room,
      userId: known.user,
      alias,
      signature: known.signature,
    },
  ]
}
