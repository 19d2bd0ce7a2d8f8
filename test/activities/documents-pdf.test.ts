import { getDocumentProxy } from 'unpdf'
import { cpuTimeOfAsync } from '../harness/cpu-time.ts'
import { textOf } from '../harness/files/read-made.ts'
import { make } from './documents-sample.ts'

const proposal = `# Proposal for Halvorsen

Ingrid, **38 depots** and *one* plan: \`read\` ~~write~~ [figures](https://example.com/f?a=1&b=2).

## What it costs

| Item | Per month |
|---|---|
| Fleet, 120 drivers | 26,280 NOK |
| Set-up | |

1. Live changes
   - offline too
2. Proof of delivery

- [x] asked
- [ ] answered

> Data stays in the EEA.

\`\`\`json
{ "weeks": 8 }
\`\`\`

---

![a map of depots](map.png) and <b>raw</b>
`

const chart = (json: object) => `\`\`\`chart\n${JSON.stringify(json)}\n\`\`\``

interface Word {
  text: string
  x: number
  end: number
}

const open = async (request: Parameters<typeof make>[1]) =>
  getDocumentProxy(new Uint8Array((await make('pdf', request)).bytes))

/** The words of each page, drawn stretches apart. */
const pagesOf = async (request: Parameters<typeof make>[1]): Promise<Word[][]> => {
  const pdf = await open(request)
  return Promise.all(
    Array.from({ length: pdf.numPages }, async (_, index) => {
      const { items } = await (await pdf.getPage(index + 1)).getTextContent()
      return items.flatMap((item) =>
        'str' in item && item.str.trim()
          ? [{ text: item.str, x: item.transform[4] as number, end: item.transform[4] + item.width }]
          : [],
      )
    }),
  )
}

const wordsOf = (page: Word[] | undefined): string => (page ?? []).map(({ text }) => text.trim()).join(' ')

describe('a PDF', () => {
  test('holds the words of the Markdown in order, as our own reader finds them', async () => {
    const made = await make('pdf', { content: proposal })
    expect(made).toMatchObject({ mediaType: 'application/pdf', extension: 'pdf' })
    const text = await textOf('made.pdf', Buffer.from(made.bytes))
    expect(text).toContain('# Proposal for Halvorsen')
    expect(text).toContain('Ingrid, 38 depots and one plan: read write figures.')
    expect(text).toContain('# What it costs')
    expect(text).toContain('| Item | Per month |\n| --- | --- |\n| Fleet, 120 drivers | 26,280 NOK |')
    expect(text).toMatch(/1\. Live changes\n {2}. offline too\n2\. Proof of delivery/)
    expect(text).toContain('Data stays in the EEA.')
    expect(text).toContain('{ "weeks": 8 }')
    expect(text).toContain('a map of depots and <b>raw</b>')
    expect(text.match(/Proposal for Halvorsen/g)).toHaveLength(1)
  })

  test('says on every page whose it is, which page it is and where its words come from', async () => {
    const pages = await pagesOf({ content: proposal.repeat(6), label: 'Demo model' })
    expect(pages.length).toBeGreaterThan(2)
    pages.forEach((page, index) => {
      expect(wordsOf(page)).toContain('Fleetline & Co')
      expect(wordsOf(page)).toContain('Demo model')
      expect(wordsOf(page)).toContain(`Page ${index + 1} of ${pages.length}`)
    })
    expect(wordsOf(pages.flat())).toContain('FLEETLINE & CO Proposal for Halvorsen 24 October 2026')
    expect(wordsOf((await pagesOf({ content: proposal })).flat())).not.toContain('Demo model')
  })

  test('repeats the header of a table on each page, and puts numbers to the right', async () => {
    const rows = Array.from({ length: 90 }, (_, index) => `| Depot ${index} | ${index * 37} |`).join('\n')
    const pages = await pagesOf({ content: `| Name | Drivers |\n|---|---|\n${rows}` })
    expect(pages.length).toBeGreaterThan(1)
    for (const page of pages) {
      expect(page.filter(({ text }) => text === 'Drivers')).toHaveLength(1)
      const ends = page.filter(({ text }) => /^\d+$/.test(text)).map(({ end }) => Math.round(end))
      expect(new Set(ends).size).toBe(1)
    }
    expect(wordsOf(pages.flat())).toContain('Depot 89 3293')
  })

  test('carries title and author, bookmarks, its language and tags for screen readers', async () => {
    const pdf = await open({ content: `${proposal}\n### More\n`, label: 'Demo model' })
    const { info } = await pdf.getMetadata()
    expect(info).toMatchObject({
      Title: 'Proposal: Halvorsen',
      Author: 'Fleetline & Co',
      Subject: 'Demo model',
      Language: 'en',
    })
    const outline = await pdf.getOutline()
    expect(outline.map(({ title, items }) => [title, items.map((item) => item.title)])).toEqual([
      ['What it costs', ['More']],
    ])
    expect(await pdf.getMarkInfo()).toMatchObject({ Marked: true })
    const tree = JSON.stringify(await (await pdf.getPage(1)).getStructTree())
    for (const role of ['H1', 'H3', 'Table', 'TH', 'LI', 'LBody', 'BlockQuote', 'Link'])
      expect(tree).toContain(`"role":"${role}"`)
  })

  test('follows only links that lead somewhere from a disk', async () => {
    const pdf = await open({
      content: '[a](https://a.example/?x=1&y=2) [b](javascript:alert(1)) [c](./c.md) [d](file:///etc/passwd)',
    })
    const annotations = await (await pdf.getPage(1)).getAnnotations()
    expect(annotations.map(({ url }) => url)).toEqual(['https://a.example/?x=1&y=2'])
  })

  test.each(['bar', 'line', 'pie'])(
    'draws a %s chart with its words, and says its numbers to those who cannot see it',
    async (type) => {
      const json = {
        type,
        title: 'Missed slots',
        labels: ['Q2', 'Q3'],
        series: [{ name: 'Norway', values: [1.9, 0.6] }],
      }
      const pdf = await open({ content: chart(json) })
      const page = await pdf.getPage(1)
      const { items } = await page.getTextContent()
      const words = items.map((item) => ('str' in item ? item.str : ''))
      expect(words).toEqual(
        expect.arrayContaining(['Missed slots', 'Q2', 'Q3', type === 'pie' ? '76%' : '1.9']),
      )
      expect(JSON.stringify(await page.getStructTree())).toContain('Missed slots. Norway: Q2 1.9, Q3 0.6')
    },
  )

  test('writes Latin, Greek and Cyrillic, and shows a box for what its fonts do not have', async () => {
    const content = 'Łódź, ạ, Ελλάδα, Київ → ✓ ≤ 5 m², ✅ 😀 中文 ﬁ\u00ad\u200b ＡＢ'
    const text = wordsOf((await pagesOf({ content })).flat())
    expect(text).toContain('Łódź, ạ, Ελλάδα, Київ → ✓ ≤ 5 m², ✓ □ □□')
    expect(text).toContain('AB')
    expect(text).toContain('□ stands for 3 characters that the fonts of this PDF do not have.')
    expect(wordsOf((await pagesOf({ content: 'Plain' })).flat())).not.toContain('□')
  })

  test('keeps a heading with what follows it', async () => {
    const filler = Array.from({ length: 60 }, (_, index) => `Line ${index}.`)
    for (let lines = 20; lines < 45; lines++) {
      const pages = await pagesOf({
        content: `${filler.slice(0, lines).join('\n\n')}\n\n## Heading\n\nFollowing.`,
      })
      for (const page of pages)
        expect(wordsOf(page).includes('Heading')).toBe(wordsOf(page).includes('Following.'))
    }
  })

  test('survives what no page has room for, and loses nothing of it', async () => {
    const word = 'x'.repeat(9_000)
    const nested = Array.from({ length: 60 }, (_, index) => `${'  '.repeat(index)}- item${index}`).join('\n')
    const quotes = `${'>'.repeat(60)} quoted`
    const cell = `|a|b|\n|-|-|\n|${'tall '.repeat(5_000)}|${'w'.repeat(500)}|`
    const columns = `|${'c|'.repeat(60)}\n|${'-|'.repeat(60)}\n|${'v|'.repeat(60)}`
    const labels = Array.from({ length: 100 }, (_, index) => `A rather long label with number ${index}`)
    const many = chart({
      type: 'bar',
      labels,
      series: [{ name: 's', values: labels.map((_, index) => index - 50) }],
    })
    const odd = 'a\u0001b \ud83d &#1; \u202e\n\n1999999999. x\n\n|  |\n|-|\n'
    const content = [word, nested, quotes, cell, columns, many, odd].join('\n\n')
    const text = wordsOf((await pagesOf({ content })).flat())
    expect(text.match(/x/g)?.length).toBeGreaterThanOrEqual(9_000)
    expect(text.match(/tall/g)).toHaveLength(5_000)
    for (const part of ['item59', 'quoted', 'number 98', '1999999999.', 'ab']) expect(text).toContain(part)
  })

  test('renders slides as sections when there is no content', async () => {
    const pages = await pagesOf({
      slides: [
        { title: 'First', body: '- point', notes: 'say it' },
        { title: 'Second', chart: { type: 'line', labels: ['a'], series: [{ name: 's', values: [1] }] } },
      ],
    })
    expect(wordsOf(pages[0])).toMatch(/First • point Notes: say it Second/)
  })

  test('is the same for the same request', async () => {
    const [first, second] = [
      await make('pdf', { content: proposal }),
      await make('pdf', { content: proposal }),
    ]
    expect(Buffer.compare(first.bytes, second.bytes)).toBe(0)
  })

  test('is made of 300 KB of Markdown in less than five seconds', async () => {
    const content = proposal.repeat(Math.ceil(300_000 / proposal.length))
    expect(await cpuTimeOfAsync(() => make('pdf', { content }))).toBeLessThan(5_000)
  })
})
