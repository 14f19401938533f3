/** What people read about a table of settings: the text of `--help` and the table of docs/operating.md. */
import type { Setting } from '#base/setting.ts'
import { environmentName } from '#config/environment.ts'

/** Lines for `--help`, at most `width` columns wide. */
export function settingsHelp(rows: readonly Setting[], width = 80): string {
  const heads = rows.map((row) => `  --${row.name} ${row.shape}`)
  const longest = Math.min(30, Math.max(0, ...heads.map((head) => head.length)))
  const lines = rows.flatMap((row, index) => {
    const head = heads[index] ?? ''
    const text = wrap(helpSentence(row), Math.max(20, width - longest - 2))
    const fits = head.length <= longest
    const body = text.map(
      (line, at) => `${fits && at === 0 ? head.padEnd(longest) : ' '.repeat(longest)}  ${line}`,
    )
    return fits ? body : [head, ...body]
  })
  return lines.join('\n')
}

/** A Markdown table with one line per row. */
export function settingsTable(rows: readonly Setting[]): string {
  const head = ['| flag | environment | default | what it sets |', '|---|---|---|---|']
  const lines = rows.map((row) => {
    const flag = `\`--${row.name} ${row.shape.replaceAll('|', '\\|')}\``
    const standard = row.default === '' ? '–' : `\`${row.default.replaceAll('|', '\\|')}\``
    const secret = row.secret
      ? ' Secret: never printed; prefer the environment or the file to the flag.'
      : ''
    return `| ${flag} | \`${environmentName(row.name)}\` | ${standard} | ${sentence(row.help)}${secret} |`
  })
  return [...head, ...lines].join('\n')
}

function sentence(help: string): string {
  return /[.!?…)]$/.test(help) ? help : `${help}.`
}

function helpSentence(row: Setting): string {
  return sentence(row.help) + (row.default === '' ? '' : ` [${row.default}]`)
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
