/** How the composition root makes Scuttlebutt. */
import type { NetworkPlan } from '#network/network.ts'
import { parseSecretFile } from '#networks/ssb/archive/secret-file.ts'
import { openNetwork } from '#networks/ssb/network.ts'
import { NETWORK } from '#networks/ssb/refs.ts'
import { ssbSettings, type SsbSettings } from '#networks/ssb/settings.ts'

/** The plan of Scuttlebutt: its name, its rows in the table of settings, and how it is opened. */
export const ssbPlan: NetworkPlan = {
  name: NETWORK,
  title: 'Scuttlebutt',
  settings: ssbSettings,
  seedOfSecretFile: seedOf,
  // The rows of `ssbSettings` parse to exactly these types.
  open: async (host, settings) => openNetwork(host, settings as SsbSettings),
}

function seedOf(text: string): Uint8Array | undefined {
  try {
    return parseSecretFile(text).seed
  } catch {
    return undefined
  }
}
