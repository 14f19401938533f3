/**
 * Connections through rooms (Rooms 2, "Tunneled connection"): a carrier that asks the room for a duplex to the target,
 * and our method `tunnel.connect`, by which the room brings others. Inside, the whole secret handshake is done again,
 * so the room sees who meets whom and how much, but nothing else.
 */
import { isObject } from '#base/json.ts'
import { isFeedId } from '#networks/ssb/refs.ts'
import { ConnectError, TunnelError } from '#networks/ssb/meet/errors.ts'
import { tunnelPipe } from '#networks/ssb/meet/room/tunnel-pipe.ts'
import type { Carrier } from '#networks/ssb/wire/carrier.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import type { Method, Rpc } from '#networks/ssb/wire/rpc.ts'

type Tunnels = {
  readonly carrier: Carrier
  /** The method `tunnel.connect`. */
  readonly method: Method
  /** Where incoming tunnels go; they are refused until it is set. */
  take: ((pipe: Pipe, via: string) => void) | undefined
}

/**
 * @param options.room the live connection to a room, by its feed id; undefined when it is not connected or not a room
 */
export function openTunnels(options: {
  readonly self: string
  readonly room: (id: string) => Rpc | undefined
}): Tunnels {
  const { self, room } = options
  const tunnels: Tunnels = {
    take: undefined,
    carrier: {
      name: 'tunnel',
      dials: ({ transport, parts, peer }) =>
        transport === 'tunnel' && parts.length === 2 && isFeedId(parts[0]) && parts[1] === peer,
      async dial(address, signal) {
        const [portal = '', target = ''] = address.parts
        const rpc = room(portal)
        signal.throwIfAborted()
        if (!rpc) throw new ConnectError(`tunnel:${portal}:${target}`, 'its room is not connected')
        const channel = rpc.duplex(['tunnel', 'connect'], [{ portal, target }])
        return tunnelPipe(channel, `tunnel:${portal}:${target}`)
      },
    },
    method: {
      type: 'duplex',
      // Only a room that we are in may bring us others.
      allow: (remote) => room(remote) !== undefined,
      async handle([options], { rpc, signal }, channel) {
        const target = isObject(options) ? options['target'] : undefined
        const origin = isObject(options) ? options['origin'] : undefined
        const portal = rpc.remote
        if (target !== self || !isFeedId(origin) || !tunnels.take) {
          return channel.end(new TunnelError('could not connect to that target'))
        }
        const { promise, resolve } = Promise.withResolvers<void>()
        const pipe = tunnelPipe(channel, `tunnel:${portal}:${origin}`, resolve)
        const stop = (): void => pipe.destroy(new TunnelError('the room ended the tunnel'))
        signal.addEventListener('abort', stop, { once: true })
        tunnels.take(pipe, 'tunnel')
        // The call lives as long as the pipe.
        await promise
        signal.removeEventListener('abort', stop)
      },
    },
  }
  return tunnels
}
