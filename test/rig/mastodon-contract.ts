/** The OpenAPI document of Mastodon as a judge of answers: each is validated against the schema of its operation. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

type Schema = { readonly [key: string]: unknown }
type Operation = {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >
}

/** The document, read. */
export type Contract = {
  /** `GET /api/v1/…` of every operation. */
  readonly lines: readonly string[]
  /** What is wrong with an answer; undefined where it is as the document says, or where that says nothing. */
  judge(line: string, status: number, value: unknown): string | undefined
}

const path = join(
  process.env['METALIFE_VECTORS'] ?? join(import.meta.dirname, '../../../shared/vectors'),
  'activitypub/mastodon-openapi.json',
)

/** The contract, or a sentence where the document is absent. */
export function readContract(): Contract | string {
  if (!existsSync(path)) return `The OpenAPI document is not here: ${path}`
  const document = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  }
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats })
  ajv.addSchema(document, 'mastodon')
  const judges = new Map<string, ValidateFunction>()
  const operations = new Map<string, Operation>(
    Object.entries(document.paths).flatMap(([where, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) => [`${method.toUpperCase()} ${where}`, operation] as const,
      ),
    ),
  )
  return {
    lines: [...operations.keys()],
    judge(line, status, value) {
      const operation = operations.get(line)
      if (!operation) return 'The document has no such operation.'
      const answer = operation.responses[String(status)]
      if (!answer) return `The document knows no status ${status} here.`
      if (status === 200 && mistaken.has(line)) return undefined
      if (!answer.content?.['application/json']?.schema) return undefined
      const key = `${line} ${status}`
      const [method = '', where = ''] = line.split(' ', 2)
      const pointer = [
        'paths',
        where,
        method.toLowerCase(),
        'responses',
        String(status),
        'content',
        'application/json',
        'schema',
      ]
      const validate =
        judges.get(key) ?? ajv.compile({ $ref: `mastodon#/${pointer.map(pointerPart).join('/')}` })
      judges.set(key, validate)
      return validate(value) ? undefined : ajv.errorsText(validate.errors).slice(0, 2_000)
    },
  }
}

/** Where the document says one thing and the documentation it is made from says a list of it. */
const mistaken: ReadonlySet<string> = new Set(['GET /api/v1/filters'])

function pointerPart(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))
}

const formats = {
  uri: (text: string): boolean => URL.canParse(text),
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  'iso-639-1': /^[a-z]{2,3}$/,
  // An address that nobody set is empty.
  email: /^$|@/,
  binary: true,
  scopes: true,
} as const
