import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { renderText } from '#api/local/render-text.ts'

const markdown = (body: string): string => renderText({ format: 'markdown', body })

test('makes paragraphs, lines, emphasis, code, quotes, lists and links', () => {
  assert.equal(markdown('one\ntwo\n\nthree'), '<p>one<br>two</p><p>three</p>')
  assert.equal(
    markdown('**bold** and *soft* and _soft_'),
    '<p><strong>bold</strong> and <em>soft</em> and <em>soft</em></p>',
  )
  assert.equal(markdown('a `<b>` c'), '<p>a <code>&#60;b&#62;</code> c</p>')
  assert.equal(markdown('```\n<x> *y*\n```'), '<pre><code>&#60;x&#62; *y*</code></pre>')
  assert.equal(markdown('> said'), '<blockquote><p>said</p></blockquote>')
  assert.equal(markdown('- a\n- b'), '<ul><li>a</li><li>b</li></ul>')
  assert.equal(markdown('# Title'), '<p><strong>Title</strong></p>')
  const link = 'rel="noopener noreferrer nofollow ugc" target="_blank"'
  assert.equal(
    markdown('[x](https://a.example/b)'),
    `<p><a href="https://a.example/b" ${link}>x</a></p>`,
  )
  assert.equal(
    markdown('see https://a.example/b.'),
    `<p>see <a href="https://a.example/b" ${link}>https://a.example/b</a>.</p>`,
  )
  assert.equal(markdown('snake_case_name 2*3*4'), '<p>snake_case_name 2*3*4</p>')
})

test('a link to anything but the web is shown, not followed', () => {
  for (const target of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    '@person',
    'JaVaScRiPt:x',
  ]) {
    assert.doesNotMatch(markdown(`[x](${target})`), /href/, target)
  }
})

test('plain text stays plain', () => {
  assert.equal(renderText({ format: 'plain', body: '*a* <b>' }), '<p>*a* &#60;b&#62;</p>')
  assert.doesNotMatch(renderText({ format: 'html', body: '<script>x</script>' }), /<script/)
})

const tags = /<(?!\/?(?:p|br|strong|em|code|pre|blockquote|ul|li|a|span)\b)/
const wild = fc.array(
  fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '*',
      '**',
      '_',
      '`',
      '```',
      '[',
      ']',
      '(',
      ')',
      '!',
      '\n',
      '\n\n',
      '- ',
      '> ',
      '# ',
    ),
    fc.constantFrom('<script>', 'javascript:', 'https://a.example/', 'onload=', '&lt;'),
    fc.string({ maxLength: 8 }),
  ),
  { maxLength: 60 },
)

test('whatever is written, nothing but its own tags and attributes comes out', () => {
  fc.assert(
    fc.property(wild, (parts) => {
      for (const format of ['markdown', 'plain', 'html'] as const) {
        const html = renderText({ format, body: parts.join('') })
        assert.doesNotMatch(html, tags)
        const attributes = [...html.matchAll(/<[^>]*>/g)].map(([tag]) =>
          tag.replaceAll(/"[^"]*"/g, '""'),
        )
        for (const tag of attributes) {
          assert.match(tag, /^<\/?[a-z]+(?: (?:href|rel|target|class|title)="")*>$/, html)
        }
        assert.doesNotMatch(html, /href="(?!https?:\/\/)/)
      }
    }),
    { seed: 20261122, numRuns: 500 },
  )
})

test('a hostile text of 200,000 characters takes no longer than a plain one by much', () => {
  const size = 200_000
  const nasty = [
    '[',
    '*',
    '`',
    '_a',
    '![',
    '](',
    '[a](',
    '> ',
    'https://',
    '**a',
    '((((',
    '\n',
  ].map((part) => part.repeat(Math.ceil(size / part.length)).slice(0, size))
  for (const body of nasty) {
    const start = process.cpuUsage()
    markdown(body)
    const { user } = process.cpuUsage(start)
    assert.ok(user < 3_000_000, `${body.slice(0, 6)} took ${user} µs`)
  }
})
