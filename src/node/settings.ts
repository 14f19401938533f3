/** The one table of settings: the node's own rows, then each network's. */
import type { Setting } from '#base/setting.ts'
import { coreSettings } from '#config/settings.ts'
import { networkPlans } from '#node/networks.ts'

export const settingsRows: readonly Setting[] = [
  ...coreSettings,
  ...networkPlans.flatMap(({ settings }) => settings),
]
