/** Logging of the process: one line a record on stderr, without secrets. */
import {
  configureSync,
  getAnsiColorFormatter,
  getTextFormatter,
  type LogRecord,
} from '@logtape/logtape'
import type { LogLevel } from '#config/settings.ts'

/** Names of fields whose values are never written. */
const secretName =
  /pass(?:phrase|word)|secret|seed|token|words|authorization|cookie|private|datakey/i

/** Texts that are secrets wherever they stand, and what is written instead. */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/\b(postgres(?:ql)?:\/\/)[^\s/@]*@/g, '$1…@'],
  [/\bBearer [\w.~+/-]+=*/g, 'Bearer …'],
  [/([?&]token=)[\w-]+/g, '$1…'],
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==/g, '…'],
]

/** Starts logging; called once, by the program itself. */
export function startLog(
  level: LogLevel,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
): void {
  const options = { timestamp: 'time', category: '.' } as const
  const format =
    stream.isTTY && !process.env['NO_COLOR']
      ? getAnsiColorFormatter(options)
      : getTextFormatter(options)
  configureSync({
    reset: true,
    sinks: { terminal: (record) => void stream.write(redactText(format(redactRecord(record)))) },
    loggers: [
      { category: 'metalife', lowestLevel: level, sinks: ['terminal'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['terminal'] },
    ],
  })
}

/** A record whose secret fields are hidden. */
function redactRecord(record: LogRecord): LogRecord {
  const hidden = new Set(
    Object.entries(record.properties).flatMap(([name, value]) =>
      secretName.test(name) ? [value] : [],
    ),
  )
  if (hidden.size === 0) return record
  const hide = (value: unknown): unknown => (hidden.has(value) ? '…' : value)
  const properties = Object.fromEntries(
    Object.entries(record.properties).map(([name, value]) => [name, hide(value)]),
  )
  return {
    ...record,
    properties,
    message: record.message.map((part, at) => (at % 2 === 1 ? hide(part) : part)),
  }
}

/** A text with what looks like a secret taken out. */
export function redactText(text: string): string {
  return secretTexts.reduce((done, [pattern, by]) => done.replaceAll(pattern, by), text)
}
