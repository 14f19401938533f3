/** The key files of other programs, as the networks read them. */
import type { NetworkPlan } from '#network/network.ts'
import { networkPlans } from '#node/networks.ts'

/** What a plan may offer beside its contract. */
type ReadsSecretFile = { seedOfSecretFile(text: string): Uint8Array | undefined }

/** The 32-byte seed of an identity in such a file; undefined when no network knows the file. */
export function seedOfSecretFile(text: string): Uint8Array | undefined {
  for (const plan of networkPlans) {
    const seed = reads(plan) ? plan.seedOfSecretFile(text) : undefined
    if (seed) return seed
  }
  return undefined
}

function reads(plan: NetworkPlan): plan is NetworkPlan & ReadsSecretFile {
  return 'seedOfSecretFile' in plan
}
