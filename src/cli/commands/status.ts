import type { NodeClient } from '#cli/client.ts'
import type { Command } from '#cli/command.ts'
import type { Output } from '#cli/output.ts'
import { printable } from '#cli/printable.ts'
import { progressLine } from '#cli/progress-bar.ts'
import { showPerson } from '#cli/show.ts'
import type { NetworkState, Status } from '#node/answers.ts'

/** `metalife status` */
export const statusCommand: Command = {
  name: 'status',
  operands: '',
  arity: [0, 0],
  summary: 'Show whether the node runs, its identity, addresses and networks',
  async run({ output, connect }) {
    await using client = await connect()
    const status = await client.get<Status>('/status')
    const page = client.running ? await pageOf(client) : undefined
    const value = { running: client.running, ...(page && { page }), ...status }
    output.result(value, () => {
      const head = client.running
        ? 'The node is running.'
        : 'No node runs in this home. Start it: metalife start'
      return [
        head,
        showPerson(status.me, output),
        printable(status.me.ref.id),
        ...(page ? [`Page: ${page}  (opens once)`] : []),
        ...status.networks.map((network) => showNetwork(network, output)),
      ].join('\n')
    })
  },
}

async function pageOf(client: NodeClient): Promise<string | undefined> {
  return (await client.send<{ url: string }>('POST', '/link')).url
}

function showNetwork({ title, status }: NetworkState, output: Output): string {
  const connected = status.peers.filter(({ state }) => state === 'connected').length
  return [
    `${output.style('bold', title)}: ${connected} of ${status.peers.length} peers connected`,
    ...status.addresses.map((address) => `  ${printable(address)}`),
    ...(status.readOnly === undefined ? [] : [`  ${status.readOnly}`]),
    ...status.progress.map((progress) => `  ${progressLine(progress, 76)}`),
  ].join('\n')
}
