/** A room's tunnel as a pipe: the bytes of the inner connection are the bodies of a duplex call. */
import { TunnelError } from '#networks/ssb/meet/errors.ts'
import type { Channel } from '#networks/ssb/wire/rpc.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'

/** Longest body written at once; the other stacks send boxes of about 4 KiB. */
const longest = 65_536

/**
 * Wraps a `tunnel.connect` call.
 *
 * @param remote the other side's address for people
 * @param over called once, when both directions are done
 */
export function tunnelPipe(channel: Channel, remote: string, over: () => void = () => {}): Pipe {
  let destroyed: Error | undefined
  let open = 2

  function close(directions: number): void {
    if (open <= 0) return
    open -= directions
    if (open <= 0) over()
  }
  async function* source(): AsyncIterable<Uint8Array> {
    try {
      for await (const body of channel.source) {
        if (destroyed) throw destroyed
        if (body.bytes.length > 0) yield body.bytes
      }
    } finally {
      close(1)
    }
  }
  return {
    remote,
    source: source(),
    async write(bytes) {
      if (destroyed) throw destroyed
      // An empty body would close other stacks' whole connection to the room, so nothing is written for none.
      for (let at = 0; at < bytes.length; at += longest) {
        await channel.write({ type: 'bytes', bytes: bytes.subarray(at, at + longest) })
      }
    },
    async end() {
      await channel.end().catch(() => {})
      close(1)
    },
    destroy(cause) {
      if (destroyed) return
      destroyed = cause ?? new TunnelError('the tunnel is closed')
      channel.end(destroyed).catch(() => {})
      close(2)
    },
  }
}
