import type { Command } from '#cli/command.ts'
import { printable } from '#cli/printable.ts'
import { showPerson } from '#cli/show.ts'
import type { Status } from '#node/answers.ts'

/** `metalife identity show` */
export const identityShowCommand: Command = {
  name: 'identity show',
  operands: '',
  arity: [0, 0],
  summary: 'Show who you are in each network',
  async run({ output, connect }) {
    await using client = await connect()
    const { me, networks } = await client.get<Status>('/status')
    const others = networks.flatMap(({ name, status: { identity } }) =>
      identity === undefined || name === me.ref.network ? [] : [{ network: name, id: identity }],
    )
    const identities = [me.ref, ...others]
    output.result({ me, identities }, () => {
      const lines = identities.map(({ network, id }) => `${network}: ${printable(id)}`)
      return [showPerson(me, output), ...lines].join('\n')
    })
  },
}
