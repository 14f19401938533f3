import type { Command } from '#cli/command.ts'
import { segment } from '#cli/client.ts'
import { UsageError } from '#cli/usage-error.ts'
import type { NetworkState } from '#node/answers.ts'

/** `metalife networks [NETWORK ACTION NAME=VALUE…]` */
export const networksCommand: Command = {
  name: 'networks',
  operands: '[NETWORK ACTION [NAME=VALUE…]]',
  arity: [0, 52],
  summary: 'Show the networks and what can be asked of each, or ask it',
  async run({ operands: [network, action, ...given], output, connect }) {
    await using client = await connect()
    if (network === undefined) {
      const answer = await client.get<{ items: readonly NetworkState[] }>('/networks')
      return output.result(answer, () => answer.items.map(showNetwork).join('\n'))
    }
    if (action === undefined)
      throw new UsageError('Say which action: metalife networks shows them.')
    const path = `/networks/${segment(network)}/actions/${segment(action)}`
    const answer = await client.send('POST', path, Object.fromEntries(given.map(pair)))
    output.result(answer, () => JSON.stringify(answer, null, 2))
  },
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError(`${text} must be written NAME=VALUE.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

function showNetwork({ name, title, actions }: NetworkState): string {
  const lines = actions.map(({ name: action, help, parameters }) => {
    const shown = parameters.map((one) => (one.required ? `${one.name}=…` : `[${one.name}=…]`))
    return `  ${[action, ...shown].join(' ')}\n      ${help}`
  })
  return [`${name} (${title})`, ...lines].join('\n')
}
