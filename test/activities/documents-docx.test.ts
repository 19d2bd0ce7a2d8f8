import { cpuTimeOfAsync } from '../harness/cpu-time.ts'
import { badXml, make, missingParts, partsOfMade, wordsOf } from './documents-sample.ts'

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

Then:

1. Reference call
2. Decision

5. Fifth

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

describe('a Word document', () => {
  test('holds the words of the Markdown in order, with alt text for images and HTML as text', async () => {
    const parts = await partsOfMade('docx', { content: proposal })
    const words = wordsOf(parts['word/document.xml'], 'w')
    expect(words.slice(0, 4)).toEqual([
      'Fleetline &amp; Co',
      'Proposal for Halvorsen',
      '24 October 2026', // half past midnight in Oslo
      'Ingrid, 38 depots and one plan: read write figures.',
    ])
    expect(words).toContain('a map of depots and &lt;b&gt;raw&lt;/b&gt;')
    expect(words.filter((line) => line === 'Proposal for Halvorsen')).toHaveLength(1)
  })

  test('uses real styles, so that navigation and restyling work', async () => {
    const parts = await partsOfMade('docx', {
      content: '# One\n\n## Two\n\n### Three\n\n#### Four\n\n> quote\n\n    code',
    })
    const styles = [...(parts['word/document.xml'] ?? '').matchAll(/<w:pStyle w:val="([^"]+)"/g)].map(
      ([, id]) => id!,
    )
    expect(styles).toEqual(
      expect.arrayContaining([
        'Title',
        'Subtitle',
        'Heading1',
        'Heading2',
        'Heading3',
        'Heading4',
        'Quote',
        'Code',
      ]),
    )
    const defined = [...(parts['word/styles.xml'] ?? '').matchAll(/w:styleId="([^"]+)"/g)].map(([, id]) => id)
    for (const style of styles) expect(defined).toContain(style)
    expect(/w:styleId="Heading1"[\s\S]*?<\/w:style>/.exec(parts['word/styles.xml'] ?? '')?.[0]).toContain(
      '<w:keepNext/>',
    )
  })

  test('repeats the table header in the brand colour and aligns numbers to the right', async () => {
    const { 'word/document.xml': xml = '' } = await partsOfMade('docx', { content: proposal })
    const [header = '', first = ''] = xml.match(/<w:tr>[\s\S]*?<\/w:tr>/g) ?? []
    expect(header).toContain('<w:tblHeader/>')
    expect(header).toContain('w:fill="1F3A5F"')
    expect(header).toContain('<w:color w:val="FFFFFF"/>')
    const [name = '', price = ''] = first.match(/<w:tc>[\s\S]*?<\/w:tc>/g) ?? []
    expect(name).not.toContain('<w:jc w:val="right"/>')
    expect(price).toContain('<w:jc w:val="right"/>')
  })

  test('begins each numbered list anew, and where the Markdown says', async () => {
    const parts = await partsOfMade('docx', { content: '1. a\n2. b\n\nx\n\n1. c\n\ny\n\n5. e' })
    const document = parts['word/document.xml'] ?? ''
    const instances = [...document.matchAll(/<w:numId w:val="(\d+)"\/>/g)].map(([, id]) => id)
    expect(instances[0]).toBe(instances[1])
    expect(new Set(instances).size).toBe(3)
    expect(parts['word/numbering.xml']).toContain('<w:start w:val="5"/>')
    for (const id of new Set(instances)) {
      const num = new RegExp(`<w:num w:numId="${id}"[\\s\\S]*?</w:num>`).exec(
        parts['word/numbering.xml'] ?? '',
      )?.[0]
      expect(num).toContain('<w:startOverride')
    }
  })

  test('says on every page whose it is, which page it is and where its words come from', async () => {
    const parts = await partsOfMade('docx', { content: proposal, label: 'Demo model' })
    const footers = Object.entries(parts).filter(([name]) => /^word\/footer\d+\.xml$/.test(name))
    expect(footers).toHaveLength(2) // the first page and the others
    for (const [, footer] of footers) {
      expect(wordsOf(footer, 'w').join()).toContain('Demo model')
      expect(footer).toMatch(/PAGE[\s\S]*NUMPAGES/)
    }
    const without = await partsOfMade('docx', { content: proposal })
    expect(JSON.stringify(without)).not.toContain('Demo model')
  })

  test('carries its title and author as properties', async () => {
    const { 'docProps/core.xml': core } = await partsOfMade('docx', { content: proposal })
    expect(core).toContain('<dc:title>Proposal: Halvorsen</dc:title>')
    expect(core).toContain('<dc:creator>Fleetline &amp; Co</dc:creator>')
  })

  test('draws a chart natively, with its values, its sheet and the brand colours', async () => {
    const content = chart({
      type: 'bar',
      title: 'Missed slots',
      labels: ['Q2', 'Q3'],
      series: [
        { name: 'Norway', values: [1.9, 0.6] },
        { name: 'Sweden', values: [2.1, 1.1] },
      ],
    })
    const parts = await partsOfMade('docx', { content })
    const xml = parts['word/charts/chart1.xml'] ?? ''
    expect([...xml.matchAll(/<c:v>([^<]*)<\/c:v>/g)].map(([, value]) => value)).toEqual(
      expect.arrayContaining(['Norway', 'Sweden', 'Q2', 'Q3', '1.9', '0.6', '2.1', '1.1']),
    )
    expect(xml).toContain('1F3A5F')
    expect(xml).toContain('E07A3F')
    expect(Object.keys(parts).some((name) => name.endsWith('.xlsx'))).toBe(true)
  })

  test('shows a pie of several series as bars, since a pie would lose all but one', async () => {
    const pie = (series: object[]) =>
      partsOfMade('docx', { content: chart({ type: 'pie', labels: ['a', 'b'], series }) })
    const one = { name: 'x', values: [1, 2] }
    expect((await pie([one]))['word/charts/chart1.xml']).toContain('<c:pieChart>')
    expect((await pie([one, { name: 'y', values: [3, 4] }]))['word/charts/chart1.xml']).toContain(
      '<c:barChart>',
    )
  })

  test('follows only links that lead somewhere from a disk', async () => {
    const parts = await partsOfMade('docx', {
      content: '[a](https://a.example/?x=1&y=2) [b](javascript:alert(1)) [c](./c.md)',
    })
    const links = [
      ...(parts['word/_rels/document.xml.rels'] ?? '').matchAll(/Target="([^"]+)" TargetMode="External"/g),
    ]
    expect(links.map(([, target]) => target)).toEqual(['https://a.example/?x=1&amp;y=2'])
  })

  test('writes right-to-left paragraphs from the right', async () => {
    const { 'word/document.xml': xml } = await partsOfMade('docx', {
      content: 'نص عربي مع English\n\nEnglish',
    })
    expect(xml?.match(/<w:bidi\/>/g)).toHaveLength(1)
    expect(xml).toContain('<w:rtl/>')
  })

  test('survives what no office program accepts, and loses no part', async () => {
    const content = 'a\u0001b\u000bc\ufffed \ud83d e &#1; ]]> <![CDATA[x]]>\n\n- \u0000\n\n|a|\n|-|\n'
    const parts = await partsOfMade('docx', {
      content: `${content}\n${proposal}`,
      name: 'N\u0007ame & <co>',
      label: '\u0002L',
    })
    expect(badXml(parts)).toEqual([])
    expect(missingParts(parts)).toEqual([])
    expect(wordsOf(parts['word/document.xml'], 'w')).toContainEqual(expect.stringContaining('abcd'))
  })

  test('renders slides as sections when there is no content', async () => {
    const parts = await partsOfMade('docx', {
      slides: [
        { title: 'First', body: '- point', notes: 'say it' },
        { title: 'Second', chart: { type: 'line', labels: ['a'], series: [{ name: 's', values: [1] }] } },
      ],
    })
    expect(wordsOf(parts['word/document.xml'], 'w')).toEqual(
      expect.arrayContaining(['First', 'point', 'Notes: say it', 'Second']),
    )
    expect(parts['word/charts/chart1.xml']).toContain('<c:lineChart>')
  })

  test('is made of 300 KB of Markdown in less than five seconds', async () => {
    const content = proposal.repeat(Math.ceil(300_000 / proposal.length))
    expect(await cpuTimeOfAsync(() => make('docx', { content }))).toBeLessThan(5_000)
  })
})
