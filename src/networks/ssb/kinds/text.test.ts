import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asMarkdown } from '#networks/ssb/kinds/text.ts'

test('keeps markdown as it is', () => {
  assert.equal(asMarkdown({ format: 'markdown', body: '# *a*' }), '# *a*')
})

test('escapes what markdown would read into plain text, except in web addresses', () => {
  const cases: [string, string][] = [
    ['2 * 3 * 4', String.raw`2 \* 3 \* 4`],
    ['snake_case [x]', String.raw`snake\_case \[x\]`],
    [
      '# not a heading\n- nor a list\n> nor a quote',
      '\\# not a heading\n\\- nor a list\n\\> nor a quote',
    ],
    ['1. one', String.raw`1\. one`],
    ['#tag and a-b', '#tag and a-b'],
    ['see https://example.org/a_b*c', 'see https://example.org/a_b*c'],
    ['<b>', String.raw`\<b>`],
  ]
  for (const [plain, markdown] of cases) {
    assert.equal(asMarkdown({ format: 'plain', body: plain }), markdown)
  }
})

test('turns simple HTML into markdown', () => {
  const cases: [string, string][] = [
    [
      '<p>Hello <strong>you</strong>,<br />all &amp; one</p><p>Bye</p>',
      'Hello **you**,\nall & one\n\nBye',
    ],
    [
      '<p class="x">a <a rel="me" href="https://example.org/?a=1&amp;b=2">b</a></p>',
      'a [b](https://example.org/?a=1&b=2)',
    ],
    ['2 * 3 &lt; 7', String.raw`2 \* 3 \< 7`],
  ]
  for (const [html, markdown] of cases)
    assert.equal(asMarkdown({ format: 'html', body: html }), markdown)
})

test('refuses HTML that is more than that', () => {
  const bodies = [
    '<table></table>',
    '<img src="x">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="https://a.org">x',
    'x</a>',
    '<script>x</script>',
    'a < b',
    '<a href="https://a.org"><a href="https://b.org">x</a></a>',
  ]
  for (const body of bodies) assert.equal(asMarkdown({ format: 'html', body }), undefined, body)
})
