import { systemClock } from '#base/clock.ts'
import { logger } from '#base/log.ts'
import type { Call, Command } from '#cli/command.ts'
import { oneLine, printable } from '#cli/printable.ts'
import { askPassphrase } from '#cli/read-text.ts'
import { startNode, type RunningNode } from '#node/start-node.ts'

/** `metalife start` */
export const startCommand: Command = {
  name: 'start',
  operands: '',
  arity: [0, 0],
  summary: 'Run the node until Ctrl-C',
  async run(call) {
    const { settings, terminal, signal } = call
    await using node = await startNode(settings.values, {
      clock: systemClock(),
      log: logger('node'),
      signal,
      passphrase: askPassphrase(terminal, signal),
    })
    await showStart(node, call)
    await new Promise<void>((resolve) => {
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    call.output.note('Stopping…')
  },
}

async function showStart(node: RunningNode, { output }: Call): Promise<void> {
  const me = await node.context.social.me()
  const link = node.context.pageLink() ?? node.url
  const networks = node.networks.map((network) => ({ network, status: network.status() }))
  const value = { page: link, identity: me.ref.id, fresh: node.fresh }
  output.result(value, () =>
    [
      output.style('bold', 'MetaLife is running.'),
      '',
      `  You    ${me.name === undefined ? '' : `${oneLine(me.name, 60)}  `}${printable(me.ref.id)}`,
      `  Page   ${output.style('underline', link)}  (opens once; “metalife status” gives another)`,
      ...networks.flatMap(({ network, status }) =>
        status.addresses.map((address) => `  ${network.title}  ${printable(address)}`),
      ),
      ...networks.flatMap(({ status }) => status.readOnly ?? []).map((why) => `  ${why}`),
      ...(node.fresh
        ? [
            '',
            'This is a new identity. Its 24 words are the only way to get it back if this disk is lost:',
            'write them down. They are shown by: metalife identity words',
          ]
        : []),
      '',
      'Ctrl-C stops it.',
    ].join('\n'),
  )
}
