/** The rules about imports: the arrows between folders, and no rings. */
import { allowed, arrows, separated } from './arrows.ts'
import { isTest, type Import, type SourceFile } from './source-files.ts'

/** Imports that go against the arrows, one sentence each. Types count like values, save from `web` to `src/api`. */
export function checkArrows(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) =>
    file.imports.flatMap((imported) => {
      const fault = faultOf(file, imported)
      return fault === undefined
        ? []
        : [`${file.path}:${imported.line} imports ${imported.specifier}: ${fault}`]
    }),
  )
}

/** Groups of files that import values of each other in a ring: the program's start would depend on their order. */
export function findRings(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const state = new Map<string, { index: number; low: number; onStack: boolean }>()
  const stack: string[] = []
  const rings: string[][] = []
  const visit = (path: string): number => {
    const own = { index: state.size, low: state.size, onStack: true }
    state.set(path, own)
    stack.push(path)
    for (const { target, typeOnly, late } of byPath.get(path)?.imports ?? []) {
      if (typeOnly || late || target === undefined || !byPath.has(target)) continue
      const seen = state.get(target)
      if (!seen) own.low = Math.min(own.low, visit(target))
      else if (seen.onStack) own.low = Math.min(own.low, seen.index)
    }
    if (own.low === own.index) {
      const ring = stack.splice(stack.indexOf(path))
      for (const member of ring) Object.assign(state.get(member) ?? {}, { onStack: false })
      if (ring.length > 1) rings.push(ring.toSorted())
    }
    return own.low
  }
  for (const file of files) if (!state.has(file.path)) visit(file.path)
  return rings
}

function faultOf(file: SourceFile, imported: Import): string | undefined {
  const { target } = imported
  if (target === undefined) return undefined
  const [area = '', folder = ''] = file.path.split('/')
  const [targetArea = '', targetFolder = ''] = target.split('/')
  if (area === 'web') return faultOfWeb(target, imported.typeOnly)
  if (area !== 'src') return undefined
  if (targetArea !== 'src') {
    const rig = target.startsWith('test/rig/') && isTest(file.path)
    return rig ? undefined : `src imports nothing of ${targetArea}`
  }
  if (!Object.hasOwn(arrows, folder))
    return `src/${folder} has no arrows (test/architecture/arrows.ts)`
  if (!allowed(folder, targetFolder)) return `there is no arrow from ${folder} to ${targetFolder}`
  return faultOfSeparated(file.path, target, folder)
}

function faultOfSeparated(path: string, target: string, folder: string): string | undefined {
  if (!separated.includes(folder) || !target.startsWith(`src/${folder}/`)) return undefined
  const [part, targetPart] = [path.split('/')[2], target.split('/')[2]]
  return part === targetPart
    ? undefined
    : `${folder}/${part} and ${folder}/${targetPart} must not know each other`
}

function faultOfWeb(target: string, typeOnly: boolean): string | undefined {
  if (target.startsWith('web/')) return undefined
  if (!target.startsWith('src/api/'))
    return 'the app imports nothing of the node but types of src/api'
  return typeOnly ? undefined : 'the app may import types of src/api only'
}
