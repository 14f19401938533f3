import type { Json } from '#base/json.ts'
import type { Methods } from '#networks/ssb/wire/rpc.ts'

type Tree = { [key: string]: Tree | string }

/** The manifest: method names as a tree whose leaves are the kinds of call (`{ blobs: { get: 'source' } }`). */
export function manifestOf(methods: Methods): Json {
  const root: Tree = { manifest: 'async' }
  for (const [name, method] of Object.entries(methods)) {
    const parts = name.split('.')
    const last = parts.pop() ?? name
    let tree = root
    for (const part of parts) {
      const next = tree[part]
      tree = typeof next === 'object' ? next : (tree[part] = {})
    }
    tree[last] = method.type
  }
  return root
}
