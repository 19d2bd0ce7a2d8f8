import { contrast, paletteOf } from '../../activities/providers/documents/look/colour.ts'
import { DocumentProblem } from '../../activities/providers/documents/problem.ts'
import { brand, make } from './documents-sample.ts'

const text = async (request: Parameters<typeof make>[1]) =>
  new TextDecoder().decode((await make('md', request)).bytes)
const fenced = (json: string) => `Intro\n\n\`\`\`chart\n${json}\n\`\`\``

describe('a Markdown document', () => {
  test('has a title, the text as written, its origin, and the label as its last line', async () => {
    expect(await text({ content: 'Hello *you*', label: 'Demo model' })).toBe(
      '# Proposal: Halvorsen\n\nHello *you*\n\n---\n\n*Fleetline & Co · 24 October 2026*\n\n*Demo model*\n',
    )
  })

  test('keeps a title of its own', async () => {
    expect(await text({ content: '# Proposal for Halvorsen\n\nHello' })).toMatch(
      /^# Proposal for Halvorsen\n\nHello\n/,
    )
  })

  test('shows charts as tables', async () => {
    const chart =
      '{"type":"bar","title":"Slots","labels":["Q2","a|b"],"series":[{"name":"%","values":[1.9,0.6]}]}'
    expect(await text({ content: `${fenced(chart)}\nAfter` })).toContain(
      '**Slots**\n\n|  | % |\n| --- | --: |\n| Q2 | 1.9 |\n| a\\|b | 0.6 |\n\nAfter',
    )
  })

  test('closes code that was left open, so that the label stands outside', async () => {
    expect(await text({ content: '```js\nlet a' })).toContain('```js\nlet a\n```\n\n---')
  })

  test('writes slides as sections', async () => {
    const made = await text({ slides: [{ title: 'Deck' }, { title: 'One', body: '- a', notes: 'say\nit' }] })
    expect(made).toContain('# Deck\n\n## One\n\n- a\n\n> Notes: say\n> it\n')
  })
})

describe('what every format refuses and tells', () => {
  const formats = ['docx', 'pptx', 'pdf', 'md', 'html'] as const

  test.each(formats)('%s: a document with nothing to say', async (format) => {
    for (const empty of [{}, { content: ' \n' }, { slides: [] }, { slides: [{ title: ' ', body: '' }] }]) {
      await expect(make(format, empty)).rejects.toThrow(DocumentProblem)
    }
    await expect(make(format, {})).rejects.toThrow('"Proposal: Halvorsen" has nothing to say')
  })

  test.each(formats)('%s: a chart that is no chart, by its number and what was expected', async (format) => {
    await expect(make(format, { content: fenced('{ "type": "bar", ') })).rejects.toThrow(
      /^Chart 1 is not valid JSON .*Expected JSON like \{ "type": "bar"/,
    )
    const short = '{"type":"bar","title":"Slots","labels":["a","b"],"series":[{"name":"s","values":[1]}]}'
    await expect(make(format, { content: fenced(short) })).rejects.toThrow(
      'Chart 1 "Slots" is not a chart: series: each series needs one value per label.',
    )
    const unknown = '{"type":"radar","labels":["a"],"series":[{"name":"s","values":["1"]}]}'
    const failure = make(format, {
      slides: [
        { title: 'A', body: 'x' },
        { title: 'B', body: fenced(unknown) },
      ],
    })
    await expect(failure).rejects.toThrow(/^Chart 1.* is not a chart: type: /)
    await expect(failure).rejects.toBeInstanceOf(DocumentProblem)
  })

  test.each(formats)('%s: Markdown nested beyond reading', async (format) => {
    await expect(make(format, { content: `${'>'.repeat(20_000)} x` })).rejects.toThrow('nested too deeply')
  })

  test.each(formats)('%s: a chart in a slide, by the slide', async (format) => {
    const slides = [{ title: 'A' }, { title: 'B', body: fenced('no') }]
    await expect(make(format, { slides })).rejects.toThrow('Chart 1 of slide 2 is not valid JSON')
  })
})

test('any brand colour leaves text readable', () => {
  for (const primary of ['#ffffff', '#ffe94d', '#00ff00', '#1f3a5f', '#000000', '#888888', '#ff0000']) {
    const palette = paletteOf({ ...brand, colours: { primary, accent: primary } })
    expect(contrast(palette.onPrimary, palette.primary)).toBeGreaterThanOrEqual(4)
    expect(contrast(palette.primaryText, 'FFFFFF')).toBeGreaterThanOrEqual(4.5)
    expect(contrast(palette.accentText, 'FFFFFF')).toBeGreaterThanOrEqual(4.5)
  }
})
