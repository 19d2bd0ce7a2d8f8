import { parse } from 'parse5'
import { cpuTimeOfAsync } from '../harness/cpu-time.ts'
import { make } from './documents-sample.ts'

const htmlOf = async (request: Parameters<typeof make>[1]) =>
  new TextDecoder().decode((await make('html', request)).bytes)

interface Node {
  tagName?: string
  attrs?: { name: string; value: string }[]
  childNodes?: Node[]
}

/** Every element of a page as a browser would build it. */
const elementsOf = (html: string): Node[] => {
  const walk = (node: Node): Node[] => [
    ...(node.tagName ? [node] : []),
    ...(node.childNodes ?? []).flatMap(walk),
  ]
  return walk(parse(html) as Node)
}

const mainOf = (html: string): string => /<main>\n([\s\S]*)\n<\/main>/.exec(html)?.[1] ?? ''
const chart = (json: object) => `\`\`\`chart\n${JSON.stringify(json)}\n\`\`\``
const bars = {
  type: 'bar',
  title: 'Slots <1>',
  labels: ['Q2', 'Q3'],
  series: [{ name: '%', values: [1.9, 0.6] }],
}

const hostile = `# <script>alert(1)</script>

<script src="https://evil.example/x.js"></script>

<img src=x onerror=alert(1)> and <iframe src="//evil.example"></iframe> \`</code><script>\`

[a](javascript:alert(1)) [b](data:text/html,x) [c](https://ok.example/?q="><script>) [d](<vbscript:x>) [e](MAILTO:kim@ok.example)

![pixel](https://evil.example/pixel.png) <style>@import url(//evil.example)</style>

\`\`\`html
</code></pre><script>alert(2)</script>
\`\`\`

| <b onclick=x> | "q" |
|---|---|
| </td><script> | 'x' |

${chart({ ...bars, title: '</svg><script>', labels: ['"><script>', '<a href=//evil.example>'] })}
`

describe('an HTML document', () => {
  test('shows raw HTML as text, runs nothing and refers to nothing outside', async () => {
    const html = await htmlOf({
      content: hostile,
      name: '</title><script>alert(3)</script>',
      label: '<script>',
      brand: {
        name: '"><script>',
        colours: { primary: '#1f3a5f', accent: '#e07a3f' },
        voice: '',
        words: { use: [], avoid: [] },
      },
    })
    const elements = elementsOf(html)
    const names = new Set(elements.map(({ tagName }) => tagName))
    for (const name of ['script', 'iframe', 'img', 'link', 'object', 'form', 'base'])
      expect(names).not.toContain(name)
    const attributes = elements.flatMap(({ attrs }) => attrs ?? [])
    expect(attributes.filter(({ name }) => /^(on|src|srcset|style|action|xlink)/i.test(name))).toEqual([])
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
    expect(style).toContain('@page')
    expect(style).not.toMatch(/url\(|@import|@font-face/)
    const links = elements.filter(({ tagName }) => tagName === 'a')
    expect(links.map(({ attrs }) => attrs?.find(({ name }) => name === 'href')?.value)).toEqual([
      'https://ok.example/?q=%22%3E%3Cscript%3E',
      'mailto:kim@ok.example',
    ])
    for (const { attrs } of links) expect(attrs).toContainEqual({ name: 'rel', value: 'noopener noreferrer' })
    expect(html).toContain('&lt;script src=&quot;https://evil.example/x.js&quot;&gt;')
    expect(html).toContain("default-src 'none'")
  })

  test('has the words in order under one title, with its language, its origin and its label', async () => {
    const html = await htmlOf({
      content:
        '# Proposal for Halvorsen\n\n## Price\n\nDie Preise sind **fest** und *nicht* hoch.\n\n1. a\n   - b\n\n- [x] done',
      label: 'Demo model',
    })
    expect(html).toMatch(/^<!doctype html>\n<html lang="de">/)
    expect(html.match(/<h1>/g)).toHaveLength(1)
    expect(html).toContain('<h1>Proposal for Halvorsen</h1>\n<p class="date">24 October 2026</p>')
    expect(mainOf(html)).toBe(
      '<h3>Price</h3>\n<p>Die Preise sind <strong>fest</strong> und <em>nicht</em> hoch.</p>\n' +
        '<ol>\n<li>a\n<ul>\n<li>b</li>\n</ul></li>\n</ol>\n' +
        '<ul>\n<li class="task"><span class="box" role="img" aria-label="done">☑</span> done</li>\n</ul>',
    )
    expect(html).toMatch(/<footer>.*<span class="label">Demo model<\/span><\/footer>/)
    expect(await htmlOf({ content: 'x' })).not.toContain('class="label"')
  })

  test('aligns numbers to the right and lets wide tables be scrolled', async () => {
    const main = mainOf(await htmlOf({ content: '| Item | Price |\n|---|---|\n| Fleet | 26,280 NOK |' }))
    expect(main).toContain('<div class="wide" tabindex="0"')
    expect(main).toContain('<th scope="col" class="right">Price</th>')
    expect(main).toContain('<td>Fleet</td><td class="right">26,280 NOK</td>')
  })

  test.each(['bar', 'line', 'pie'])(
    'draws a %s chart inline in the brand colours, and says it in words',
    async (type) => {
      const main = mainOf(await htmlOf({ content: chart({ ...bars, type }) }))
      expect(main).toContain('<figcaption>Slots &lt;1&gt;</figcaption>')
      expect(main).toContain('aria-label="Slots &lt;1&gt;. %: Q2 1.9, Q3 0.6"')
      expect(main.match(/<svg/g)).toHaveLength(2) // one for large screens and paper, one for telephones
      expect(main).toContain('#1F3A5F')
      expect(main).not.toMatch(/NaN|Infinity|undefined/)
    },
  )

  test('writes slides as sections, and right-to-left text from the right', async () => {
    const main = mainOf(await htmlOf({ slides: [{ title: 'First', body: '- point' }, { title: 'نص عربي' }] }))
    expect(main).toBe('<h2>First</h2>\n<ul>\n<li>point</li>\n</ul>\n<h2 dir="rtl">نص عربي</h2>')
  })

  test('is the same for the same request, and made of 300 KB of Markdown in less than five seconds', async () => {
    const content = `${hostile}\n`.repeat(Math.ceil(300_000 / hostile.length))
    const first = await htmlOf({ content })
    expect(await cpuTimeOfAsync(async () => expect(await htmlOf({ content })).toBe(first))).toBeLessThan(
      5_000,
    )
  })
})
