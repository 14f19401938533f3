/** The networks of this program: one line each. */
import type { NetworkPlan } from '#network/network.ts'
import { ssbPlan } from '#networks/ssb/plan.ts'

export const networkPlans: readonly NetworkPlan[] = [ssbPlan]
