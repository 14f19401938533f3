/** Who may import whom: the arrows of docs/architecture.md as data. Every folder may also import itself and `base`. */

/** Folders that a folder of `src` may import, types included. */
export type Arrows = Readonly<Record<string, readonly string[]>>

const capability = ['http', 'store', 'crypto', 'model']

export const arrows: Arrows = {
  base: [],
  model: [],
  crypto: [],
  store: ['model', 'crypto'],
  network: ['model', 'crypto'],
  networks: ['network', 'model', 'crypto'],
  social: ['model', 'store', 'network'],
  http: [],
  api: ['http', 'social', 'model'],
  chain: capability,
  payments: [...capability, 'chain'],
  rollup: [...capability, 'payments'],
  gravity: [...capability, 'payments', 'network'],
  backup: [...capability, 'payments'],
  privacy: capability,
  config: [],
  cli: ['node', 'config'],
  node: [
    'model',
    'crypto',
    'store',
    'network',
    'networks',
    'social',
    'http',
    'api',
    'chain',
    'payments',
    'rollup',
    'gravity',
    'backup',
    'privacy',
    'config',
  ],
}

/** Folders that hold several parts which must not know each other: `networks/x` never imports `networks/y`. */
export const separated: readonly string[] = ['networks']

/** Whether a file of `from` may import a file of `to`; both are folders of `src`. */
export function allowed(from: string, to: string): boolean {
  return from === to || to === 'base' || (arrows[from]?.includes(to) ?? false)
}
