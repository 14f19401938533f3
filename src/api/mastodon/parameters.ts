/** Parameters as apps send them: in the query, a form, several parts or JSON, with `name[]` and `name[key]` for what is nested. */
import type { Context } from 'hono'
import { isObject } from '#base/json.ts'
import { badRequest, HttpError } from '#http/http-error.ts'

/** A value before it is read as what it should be. */
type Raw =
  | string
  | File
  | boolean
  | number
  | null
  | readonly Raw[]
  | { readonly [key: string]: Raw }

/** Readers of named values; each answers undefined for what was not sent, and refuses what cannot be meant. */
export interface Parameters {
  /** @throws HttpError 422 when it is no text or longer than `max` UTF-16 units */
  text(name: string, max?: number): string | undefined
  flag(name: string): boolean | undefined
  /** Whole numbers only; beyond the bounds, the nearest bound. */
  integer(name: string, min: number, max: number): number | undefined
  texts(name: string, max?: number): readonly string[] | undefined
  file(name: string): File | undefined
  inside(name: string): Parameters | undefined
  /** The objects of a list; at most 500. */
  each(name: string): readonly Parameters[]
  has(name: string): boolean
}

const maxParts = 500
const maxDepth = 4

/** Reads the query and the body of a request; what the body says counts more. */
export async function readParameters(c: Context): Promise<Parameters> {
  const entries: (readonly [string, Raw])[] = [...new URL(c.req.url).searchParams]
  const values: Record<string, Raw> = nested(entries)
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return parametersOf(values)
  return parametersOf({ ...values, ...(await bodyOf(c)) })
}

async function bodyOf(c: Context): Promise<Record<string, Raw>> {
  const type = (c.req.header('content-type') ?? '').toLowerCase()
  if (type.startsWith('application/json')) {
    const source = await c.req.text()
    if (source.trim() === '') return {}
    let value: unknown
    try {
      value = JSON.parse(source)
    } catch {
      throw badRequest('The body is not JSON.')
    }
    if (!isObject(value)) throw badRequest('The body must be a JSON object.')
    return nested(Object.entries(value) as [string, Raw][])
  }
  if (!/^(?:multipart\/form-data|application\/x-www-form-urlencoded)\b/.test(type)) return {}
  const form = await c.req.raw.formData().catch(() => {
    throw badRequest('The form cannot be read.')
  })
  return nested([...form])
}

/** `a[b][]=1` as objects and lists. */
function nested(entries: readonly (readonly [string, Raw])[]): Record<string, Raw> {
  if (entries.length > maxParts) throw badRequest(`There are more than ${maxParts} parameters.`)
  const root: Record<string, Raw> = Object.create(null) as Record<string, Raw>
  for (const [name, value] of entries) {
    const path = /^([^[\]]{1,100})((?:\[[^[\]]{0,100}\])*)$/.exec(name)
    if (!path) continue
    const keys = [
      path[1] ?? '',
      ...[...(path[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, key]) => key ?? ''),
    ]
    if (keys.length <= maxDepth) put(root, keys, value)
  }
  return root
}

function put(into: Record<string, Raw>, [key = '', ...rest]: readonly string[], value: Raw): void {
  if (rest.length === 0) {
    into[key] = value
    return
  }
  if (rest.length === 1 && rest[0] === '') {
    const list = into[key]
    const added = Array.isArray(value) ? value : [value]
    into[key] = Array.isArray(list) ? [...list, ...added] : added
    return
  }
  if (rest[0] === '') {
    putInList(into, key, rest.slice(1), value)
    return
  }
  const inner = into[key]
  const next = isInner(inner) ? { ...inner } : {}
  into[key] = Object.setPrototypeOf(next, null) as Record<string, Raw>
  put(next, rest, value)
}

/** `a[][b]=1&a[][c]=2&a[][b]=3`: a key that the last object has begins a new one. */
function putInList(
  into: Record<string, Raw>,
  key: string,
  rest: readonly string[],
  value: Raw,
): void {
  const before = into[key]
  const list: readonly Raw[] = Array.isArray(before) ? (before as readonly Raw[]) : []
  const last = list.at(-1)
  const goesOn = isInner(last) && !Object.hasOwn(last, rest[0] ?? '')
  const next: Record<string, Raw> = goesOn ? { ...last } : {}
  Object.setPrototypeOf(next, null)
  put(next, rest, value)
  into[key] = [...(goesOn ? list.slice(0, -1) : list), next]
}

function parametersOf(values: Readonly<Record<string, Raw>>): Parameters {
  const get = (name: string): Raw | undefined => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value === null ? undefined : value
  }
  return {
    has: (name) => get(name) !== undefined,
    text: (name, max = 1000) => textOf(get(name), name, max),
    flag(name) {
      const value = get(name)
      if (value === undefined || value === '') return undefined
      return ![false, 0, 'false', 'False', 'FALSE', '0', 'f', 'F', 'off', 'OFF'].includes(
        value as string,
      )
    },
    integer(name, min, max) {
      const value = get(name)
      const number =
        typeof value === 'number'
          ? value
          : Number.parseInt(typeof value === 'string' ? value : '', 10)
      return Number.isFinite(number) ? Math.min(max, Math.max(min, Math.trunc(number))) : undefined
    },
    texts(name, max = 100) {
      const value = get(name)
      if (value === undefined) return undefined
      const list = Array.isArray(value) ? (value as readonly Raw[]) : listed(value)
      if (list.length > max) throw invalid(`“${name}” has more than ${max} values.`)
      return list.flatMap((one) => textOf(one, name, 1000) ?? [])
    },
    file(name) {
      const value = get(name)
      return value instanceof File ? value : undefined
    },
    each(name) {
      const value = get(name)
      const list =
        value === undefined ? [] : Array.isArray(value) ? (value as readonly Raw[]) : listed(value)
      if (list.length > maxParts) throw invalid(`“${name}” has more than ${maxParts} values.`)
      return list.flatMap((one) => (isInner(one) ? [parametersOf(one)] : []))
    },
    inside(name) {
      const value = get(name)
      return isInner(value) ? parametersOf(value) : undefined
    },
  }
}

function isInner(value: Raw | undefined): value is Readonly<Record<string, Raw>> {
  const isObject = typeof value === 'object' && value !== null
  return isObject && !Array.isArray(value) && !(value instanceof File)
}

/** Some apps send lists as objects with numbers for keys. */
function listed(value: Raw): readonly Raw[] {
  const isMap = typeof value === 'object' && value !== null && !(value instanceof File)
  return isMap ? Object.values(value) : [value]
}

function textOf(value: Raw | undefined, name: string, max: number): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'object') throw invalid(`“${name}” must be a text.`)
  const text = String(value).toWellFormed().replaceAll('\0', '')
  if (text.length > max) throw invalid(`“${name}” is longer than ${max} characters.`)
  return text
}

/** 422: understood, and not possible. */
export function invalid(message: string): HttpError {
  return new HttpError(422, 'invalid', message)
}
