import { make } from '../activities/documents-sample.ts'
import { readMade, textOf } from '../harness/files/read-made.ts'

const page = (body: string, head = '') =>
  `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`

test('a page keeps its headings, lists, tables and the words of its links, in order', async () => {
  const text = await textOf(
    'plans.html',
    page(`
      <h1>Plans
        and prices</h1>
      <p>Prices are <b>per driver</b> and month, see <a href="https://example.com/terms">the terms</a>.<br>No VAT.</p>
      <ul><li>Start<ul><li>live changes</li></ul></li><li><p>Fleet</p></li></ul>
      <p>Then:</p><ol start="3"><li>Call</li><li>Sign</li></ol>
      <table>
        <caption>Prices in NOK</caption>
        <thead><tr><th>Plan</th><th>Price</th></tr></thead>
        <tbody><tr><td>Start</td><td>149</td></tr><tr><td>Fleet | large</td><td>219</td></tr></tbody>
      </table>
      <pre>if x:
    go()</pre>
      <dl><dt>EEA</dt><dd>European Economic Area</dd></dl>`),
  )
  expect(text).toBe(`# Plans and prices

Prices are per driver and month, see the terms.
No VAT.

- Start
  - live changes
- Fleet

Then:

3. Call
4. Sign

Prices in NOK

| Plan | Price |
| --- | --- |
| Start | 149 |
| Fleet \\| large | 219 |

if x:
    go()

EEA

European Economic Area`)
})

test('scripts, styles, navigation, forms and what is hidden are not read', async () => {
  const text = await textOf(
    'page.html',
    page(
      `<nav>Home</nav><script>let secret1</script><style>p { secret2: 1 }</style><noscript>secret3</noscript>
       <template>secret4</template><p hidden>secret5</p><p style="color: red; display:none">secret6</p>
       <div aria-hidden="true">secret7</div><span style="font-size:0">secret8</span><p style="visibility: hidden">secret9</p>
       <iframe srcdoc="secret10">secret11</iframe><button>secret12</button><svg><text>secret13</text></svg>
       <p style="opacity: 0.9">Read <img src="https://example.com/x.png" alt="this picture"> too.</p><!-- secret14 -->`,
      '<script>secret15</script>',
    ),
  )
  expect(text).toBe('Read this picture too.')
})

test('the article of a page is read without what surrounds it, and without one everything is', async () => {
  const article = `<h2>Findings</h2><p>${'Depots were late. '.repeat(20)}</p>`
  const around = (inner: string) => page(`<header>Site</header>${inner}<footer>About us</footer>`)
  expect(await textOf('a.html', around(`<main>${article}</main>`))).toMatch(
    /^## Findings\n\nDepots[\s\S]*late\.$/,
  )
  expect(await textOf('a.html', around(`<div>${article}</div>`))).toMatch(
    /^Site\n\n## Findings[\s\S]*About us$/,
  )
  expect(await textOf('a.html', around(`<main>Ad</main>${article}`))).toContain('Depots were late.')
})

test('the title in the head stands for a first heading that is missing', async () => {
  expect(await textOf('a.html', page('<p>Text</p>', '<title>Minutes &amp; more</title>'))).toBe(
    '# Minutes & more\n\nText',
  )
  expect(await textOf('a.html', page('<h1>Own</h1><p>Text</p>', '<title>Site</title>'))).toBe('# Own\n\nText')
})

test('tables that only place things are read as text', async () => {
  const text = await textOf(
    'mail.html',
    page(
      '<table><tr><td><p>Dear Kim,</p><table><tr><td>Fleet</td><td>219</td></tr></table></td></tr></table>' +
        '<table role="presentation"><tr><td>Best</td><td>Ingrid</td></tr></table>',
    ),
  )
  expect(text).toBe('Dear Kim,\n\n| Fleet | 219 |\n| --- | --- |\n\nBest\n\nIngrid')
})

test('a page without text says so, also when only its scripts would write it', async () => {
  for (const body of [
    '',
    '<img src="x.png">',
    '<div id="root"></div><script>render()</script><noscript>Turn on JavaScript</noscript>',
  ])
    expect(await readMade('app.html', page(body, '<title>App</title>'))).toEqual({
      ok: false,
      code: 'NoText',
      reason:
        '"app.html" is a web page without any text. Upload a version with text, or type the content as an answer.',
    })
})

test('the page’s own word for its letters counts where they are not UTF-8', async () => {
  const russian = Buffer.from('cff0e8e2e5f2', 'hex') // "Привет", too short to tell by its letters
  const bytes = Buffer.concat([
    Buffer.from('<html><head><meta charset="windows-1251"></head><body><p>'),
    russian,
    Buffer.from('</p></body></html>'),
  ])
  expect(await textOf('a.html', bytes)).toBe('Привет')
  expect(await textOf('a.html', page('<p>Größe</p>', '<meta charset="latin1">'))).toBe('Größe')
})

test('a page is read under any name of a text, and under an old Office name that it was given', async () => {
  for (const name of ['a.htm', 'a.txt', 'a', 'export.xls', 'export.doc'])
    expect(await readMade(name, page('<p>Hello</p>'))).toMatchObject({ ok: true, mediaType: 'text/html' })
  expect(await readMade('fragment.html', '<p>Hello</p>')).toMatchObject({ ok: true, text: 'Hello' })
})

test('elements without end, and broken ones, do no harm', async () => {
  expect(await readMade('deep.html', page('<i>'.repeat(3_000)))).toMatchObject({ code: 'Damaged' })
  expect(await textOf('broken.html', '<html><p>One<table><tr><td>Two<p>Three</i></b><li>Four')).toMatch(
    /One[\s\S]*Two[\s\S]*Three[\s\S]*Four/,
  )
})

test('a page that we made is read back, its charts as their numbers', async () => {
  const chart =
    '{"type":"bar","title":"Slots","labels":["Q2","Q3"],"series":[{"name":"%","values":[1.9,0.6]}]}'
  const made = await make('html', { content: `## Results\n\n- fewer calls\n\n\`\`\`chart\n${chart}\n\`\`\`` })
  const text = await textOf('made.html', Buffer.from(made.bytes))
  expect(text).toContain('### Results')
  expect(text).toContain('- fewer calls')
  expect(text).toContain('Slots. %: Q2 1.9, Q3 0.6')
})
