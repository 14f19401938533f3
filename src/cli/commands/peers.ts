import type { Command } from '#cli/command.ts'
import { oneLine, printable } from '#cli/printable.ts'
import { needRunning } from '#cli/running-only.ts'
import { showTime } from '#cli/show.ts'
import type { NetworkState } from '#node/answers.ts'

/** `metalife peers` */
export const peersCommand: Command = {
  name: 'peers',
  operands: '',
  arity: [0, 0],
  summary: 'Show who this node is connected to',
  async run({ output, connect }) {
    await using client = await connect()
    needRunning(client)
    const { items } = await client.get<{ items: readonly NetworkState[] }>('/networks')
    const peers = items.flatMap(({ name, status }) =>
      status.peers.map((peer) => ({ network: name, ...peer })),
    )
    output.result({ items: peers }, () => {
      if (peers.length === 0) return 'Nobody is connected. Try: metalife connect ADDRESS'
      return peers
        .map((peer) =>
          [
            `${output.style('bold', printable(peer.id))}  ${peer.state} since ${showTime(peer.since)}, ${peer.via}`,
            `  ${printable(peer.address)}  received ${peer.received}, sent ${peer.sent}`,
            ...(peer.error === undefined ? [] : [`  ${oneLine(peer.error)}`]),
          ].join('\n'),
        )
        .join('\n')
    })
  },
}
