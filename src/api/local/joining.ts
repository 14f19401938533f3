/** Pasting an address or an invite: which action of which network it asks for. */
import type { LocalAction, LocalNetwork, Recognised } from '#api/local/ports.ts'

/** The actions that networks give to what people paste. */
const actionOf: Partial<Record<Recognised['what'], string>> = {
  address: 'connect',
  invite: 'invite-accept',
}

/** What a text asks for; undefined where no network takes it. */
export type Joining = {
  readonly network: LocalNetwork
  readonly what: Recognised['what']
  readonly action: LocalAction
  readonly parameters: Readonly<Record<string, string>>
}

/** Finds the network that recognises the text, and its action with one required parameter. */
export function joiningOf(networks: readonly LocalNetwork[], text: string): Joining | undefined {
  for (const network of networks) {
    const found = network.recognise(text)
    const name = found && actionOf[found.what]
    const action = name === undefined ? undefined : network.actions[name]
    if (!found || !action) continue
    const parameter = Object.entries(action.parameters).find(([, { required }]) => required)?.[0]
    if (parameter === undefined) continue
    return { network, what: found.what, action, parameters: { [parameter]: text } }
  }
  return undefined
}
