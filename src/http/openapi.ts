/** The OpenAPI 3.1 document of a set of routes. */
import type { Json, JsonObject } from '#base/json.ts'
import type { Route } from '#http/route.ts'
import { schemaOf, type Fields, type Shape } from '#http/shape.ts'

/** Makes the document; `components` are the named shapes that answers and bodies refer to. */
export function openApi(
  info: { readonly title: string; readonly version: string; readonly description: string },
  base: string,
  routes: readonly Route<never>[],
  components: readonly Shape<unknown>[],
): JsonObject {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method] = operation(route)
  }
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: base }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries([
        ['Error', errorSchema],
        ...components.map((shape) => [shape.component ?? '', shape.schema] as const),
      ]),
    },
  }
}

const errorSchema: JsonObject = {
  type: 'object',
  properties: { error: { type: 'string' }, error_description: { type: 'string' } },
  required: ['error', 'error_description'],
}

function operation(route: Route<never>): JsonObject {
  return {
    summary: route.summary,
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body && { requestBody: { required: true, content: content(route.body) } }),
    responses: {
      [String(route.status)]: {
        description: 'Done',
        ...(route.answer && { content: content(route.answer) }),
      },
      default: {
        description: 'What went wrong, for people',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

function parameters(fields: Fields, place: 'path' | 'query'): readonly JsonObject[] {
  return Object.entries(fields).map(([name, shape]) => ({
    name,
    in: place,
    required: place === 'path' || !('optional' in shape),
    schema: schemaOf(shape),
  }))
}

function content(what: Shape<unknown> | 'bytes' | 'events'): JsonObject {
  if (what === 'bytes') return { 'application/octet-stream': {} }
  if (what === 'events') return { 'text/event-stream': { schema: { type: 'string' } } }
  return { 'application/json': { schema: schemaOf(what) } }
}
