/**
 * Shapes: one declaration that checks a value from outside, gives its TypeScript type and its JSON Schema.
 *
 * Small on purpose: texts, integers, flags, choices, lists and objects without unknown fields.
 */
import { isObject, type Json, type JsonObject } from '#base/json.ts'
import { badRequest } from '#http/http-error.ts'

/** How a value must look; `parse` returns a checked copy. */
export type Shape<T> = {
  /** JSON Schema, draft 2020-12. */
  readonly schema: JsonObject
  /** The name under which the OpenAPI document lists the schema. */
  readonly component?: string
  /** @throws HttpError 400 that names `at`, the place of the value */
  readonly parse: (value: unknown, at: string) => T
}
/** A field that may be left out. */
export type OptionalShape<T> = Shape<T> & { readonly optional: true }
/** Named shapes of an object, a query or a path. */
export type Fields = Readonly<Record<string, Shape<unknown>>>
/** The type of the values that a shape lets through. */
export type Value<S> = S extends Shape<infer T> ? T : never
/** The type of an object with such fields. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends OptionalShape<unknown> ? never : K]: Value<F[K]>
} & { readonly [K in keyof F as F[K] extends OptionalShape<unknown> ? K : never]?: Value<F[K]> }

/** A string; lengths in UTF-16 units. */
export function text(
  rules: { min?: number; max?: number; pattern?: RegExp; help?: string } = {},
): Shape<string> {
  const { min = 0, max = 1_000_000, pattern, help } = rules
  return {
    schema: {
      type: 'string',
      ...(min > 0 && { minLength: min }),
      maxLength: max,
      ...(pattern && { pattern: pattern.source }),
      ...(help && { description: help }),
    },
    parse(value, at) {
      if (typeof value !== 'string') throw badRequest(`${at} must be a text.`)
      if (value.length < min) throw badRequest(`${at} must not be ${value ? 'so short' : 'empty'}.`)
      if (value.length > max) throw badRequest(`${at} is longer than ${max} characters.`)
      if (pattern && !pattern.test(value)) {
        throw badRequest(`${at} must be ${help ?? `of the form ${pattern.source}`}.`)
      }
      return value
    },
  }
}

/** A whole number between two bounds, both included. */
export function integer(rules: { min?: number; max?: number; help?: string } = {}): Shape<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, help } = rules
  return {
    schema: { type: 'integer', minimum: min, maximum: max, ...(help && { description: help }) },
    parse(value, at) {
      const ok = Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      if (!ok) throw badRequest(`${at} must be a whole number from ${min} to ${max}.`)
      return Number(value)
    },
  }
}

/** Any finite number. */
export function number(help?: string): Shape<number> {
  return {
    schema: { type: 'number', ...(help && { description: help }) },
    parse(value, at) {
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw badRequest(`${at} must be a number.`)
      return value
    },
  }
}

/** True or false. */
export function flag(help?: string): Shape<boolean> {
  return {
    schema: { type: 'boolean', ...(help && { description: help }) },
    parse(value, at) {
      if (typeof value !== 'boolean') throw badRequest(`${at} must be true or false.`)
      return value
    },
  }
}

/** One of a few texts. */
export function oneOf<const T extends string>(...choices: readonly T[]): Shape<T> {
  return {
    schema: { type: 'string', enum: choices },
    parse(value, at) {
      const found = choices.find((choice) => choice === value)
      if (found === undefined) throw badRequest(`${at} must be one of: ${choices.join(', ')}.`)
      return found
    },
  }
}

/** A list of at most `max` values. */
export function list<T>(
  item: Shape<T>,
  rules: { min?: number; max?: number } = {},
): Shape<readonly T[]> {
  const { min = 0, max = 10_000 } = rules
  return {
    schema: {
      type: 'array',
      items: schemaOf(item),
      ...(min > 0 && { minItems: min }),
      maxItems: max,
    },
    parse(value, at) {
      if (!Array.isArray(value)) throw badRequest(`${at} must be a list.`)
      if (value.length < min) throw badRequest(`${at} must have at least ${min} values.`)
      if (value.length > max) throw badRequest(`${at} must have at most ${max} values.`)
      return value.map((one, index) => item.parse(one, `${at}[${index}]`))
    },
  }
}

/** An object with these fields and no others. */
export function object<F extends Fields>(fields: F, component?: string): Shape<ValuesOf<F>> {
  const required = Object.keys(fields).filter((name) => !isOptional(fields[name]))
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(fields).map(([name, shape]) => [name, schemaOf(shape)]),
      ),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    },
    ...(component && { component }),
    parse(value, at) {
      if (!isObject(value)) throw badRequest(`${at} must be an object.`)
      for (const name of Object.keys(value)) {
        if (!Object.hasOwn(fields, name)) {
          throw badRequest(`${at} has the unknown field “${name.slice(0, 40)}”.`)
        }
      }
      const checked: Record<string, unknown> = {}
      for (const [name, shape] of Object.entries(fields)) {
        const found = Object.hasOwn(value, name) ? value[name] : undefined
        if (found === undefined && isOptional(shape)) continue
        if (found === undefined) throw badRequest(`${at} lacks “${name}”.`)
        checked[name] = shape.parse(found, at === 'The body' ? `“${name}”` : `${at}.${name}`)
      }
      return checked as ValuesOf<F>
    },
  }
}

/** A map from text to values of one shape. */
export function map<T>(
  item: Shape<T>,
  rules: { max?: number } = {},
): Shape<Readonly<Record<string, T>>> {
  const { max = 1_000 } = rules
  return {
    schema: { type: 'object', additionalProperties: schemaOf(item), maxProperties: max },
    parse(value, at) {
      if (!isObject(value)) throw badRequest(`${at} must be an object.`)
      const entries = Object.entries(value)
      if (entries.length > max) throw badRequest(`${at} must have at most ${max} fields.`)
      return Object.fromEntries(entries.map(([key, one]) => [key, item.parse(one, `${at}.${key}`)]))
    },
  }
}

/** Any JSON value. */
export function anything(help: string): Shape<Json> {
  return { schema: { description: help }, parse: (value) => value as Json }
}

/** Lets a field be left out. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return { ...shape, optional: true }
}

/** The schema, or the reference to it where the shape has a name. */
export function schemaOf(shape: Shape<unknown>): JsonObject {
  return shape.component ? { $ref: `#/components/schemas/${shape.component}` } : shape.schema
}

function isOptional(shape: Shape<unknown> | undefined): boolean {
  return shape !== undefined && 'optional' in shape
}
