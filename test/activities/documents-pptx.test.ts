import JSZip from 'jszip'
import { badXml, make, missingParts, partsOf, partsOfMade, slidesOf, wordsOf } from './documents-sample.ts'

const bars = {
  type: 'bar' as const,
  title: 'Missed slots',
  labels: ['Before', 'After'],
  series: [{ name: 'Nordkyst', values: [1.9, 0.6] }],
}

const titles = (parts: Record<string, string>) => slidesOf(parts).map((slide) => wordsOf(slide, 'a')[0])

describe('a PowerPoint deck', () => {
  test('makes the first slide the cover when it is one, and adds a cover when it is not', async () => {
    const cover = { title: 'Live routes', body: 'For Halvorsen' }
    const own = await partsOfMade('pptx', { slides: [cover, { title: 'Next', body: '- a' }] })
    expect(titles(own)).toEqual(['Live routes', 'Next'])
    expect(own['ppt/slides/_rels/slide1.xml.rels']).toContain('slideLayout2.xml')
    for (const first of [
      { title: 'T', chart: bars },
      { title: 'T', body: '- a list' },
      { title: 'T', body: 'long '.repeat(99) },
    ]) {
      expect(titles(await partsOfMade('pptx', { slides: [first] }))[0]).toBe('Proposal: Halvorsen')
    }
  })

  test('draws a native chart with the values, their sheet and the brand colour', async () => {
    const parts = await partsOfMade('pptx', { slides: [{ title: 'Slots', body: 'Down.', chart: bars }] })
    const [name = ''] = Object.keys(parts).filter((part) => /^ppt\/charts\/chart\d+\.xml$/.test(part))
    const xml = parts[name] ?? ''
    expect(xml).toContain('<c:barChart>')
    const values = /<c:val>[\s\S]*?<\/c:val>/.exec(xml)?.[0] ?? ''
    expect([...values.matchAll(/<c:v>([^<]*)<\/c:v>/g)].map(([, value]) => value)).toEqual(['1.9', '0.6'])
    expect(xml).toContain('1F3A5F')
    expect(Object.keys(parts).some((part) => part.endsWith('.xlsx'))).toBe(true)
    expect(wordsOf(slidesOf(parts)[1], 'a')).toEqual(['Slots', 'Down.', '2'])
  })

  test('writes charts in the order of the schema, which strict readers insist on', async () => {
    const parts = await partsOfMade('pptx', {
      slides: [{ title: 'Slots', chart: { ...bars, type: 'line' } }],
    })
    const xml = Object.entries(parts).find(([name]) => /^ppt\/charts\/chart\d+\.xml$/.test(name))?.[1] ?? ''
    const series = /<c:ser>[\s\S]*?<\/c:ser>/.exec(xml)?.[0] ?? ''
    const children = ['c:tx', 'c:spPr', 'c:marker', 'c:dLbls', 'c:cat', 'c:val', 'c:smooth']
    const places = children.map((name) => series.indexOf(`<${name}`))
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(series).not.toContain('invertIfNegative')
    expect(xml.match(/<c:axId /g)).toHaveLength(4) // named by the chart and by the axes
  })

  test('puts a sheet behind the chart that Excel need not repair', async () => {
    const { bytes } = await make('pptx', { slides: [{ title: 'Slots', chart: bars }] })
    const zip = await JSZip.loadAsync(bytes)
    const [workbook] = zip.file(/\.xlsx$/)
    const parts = await partsOf(await workbook!.async('uint8array'))
    expect(Object.keys(parts).filter((name) => name.includes('table'))).toEqual([])
    expect(missingParts(parts)).toEqual([])
  })

  test('carries the brand in its theme, its name and the label on every slide', async () => {
    const slides = [
      { title: 'Cover' },
      { title: 'Section' },
      { title: 'Text', body: 'x' },
      { title: 'Chart', chart: bars },
    ]
    const parts = await partsOfMade('pptx', { slides, label: 'Demo model' })
    expect(parts['ppt/theme/theme1.xml']).toContain('<a:accent1><a:srgbClr val="1F3A5F"/></a:accent1>')
    expect(parts['ppt/theme/theme1.xml']).toContain('<a:accent2><a:srgbClr val="E07A3F"/></a:accent2>')
    for (const index of slides.keys()) {
      const layout = /slideLayout\d+\.xml/.exec(
        parts[`ppt/slides/_rels/slide${index + 1}.xml.rels`] ?? '',
      )?.[0]
      const words = wordsOf(parts[`ppt/slideLayouts/${layout}`], 'a').join(' ')
      expect(words).toContain('Fleetline &amp; Co')
      expect(words).toContain('Demo model')
    }
    expect(wordsOf(parts['ppt/slideLayouts/slideLayout2.xml'], 'a')).toContain('24 October 2026')
  })

  test('keeps speaker notes, each line a paragraph', async () => {
    const parts = await partsOfMade('pptx', {
      slides: [{ title: 'A' }, { title: 'B', body: 'x', notes: 'Ask <Ingrid>\nPause' }],
    })
    expect(wordsOf(parts['ppt/notesSlides/notesSlide2.xml'], 'a')).toEqual([
      'Ask &lt;Ingrid&gt;',
      'Pause',
      '2', // the slide's number
    ])
  })

  test('writes bullets, styles, breaks and tables natively', async () => {
    const body =
      '- **bold** and *it*\n  - nested\n\n1. one\n2. two\n\n| Item | NOK |\n|---|---|\n| Fleet | 219 |'
    const [, slide = ''] = slidesOf(
      await partsOfMade('pptx', { slides: [{ title: 'A' }, { title: 'B', body }] }),
    )
    expect(wordsOf(slide, 'a')).toEqual([
      'B',
      'bold and it',
      'nested',
      'one',
      'two',
      'Item',
      'NOK',
      'Fleet',
      '219',
      '2',
    ])
    expect(slide).toContain('<a:tbl>')
    expect(slide).toMatch(/b="1"[^>]*>(?:(?!<a:t>)[\s\S])*<a:t>bold<\/a:t>/)
    expect(slide).toContain('lvl="1"')
    expect(slide.match(/<a:buAutoNum type="arabicPeriod" startAt="1"\/>/g)).toHaveLength(2)
    expect(/<a:p><a:pPr[^>]*algn="r"[^>]*>(?:(?!<\/a:p>)[\s\S])*219/.test(slide)).toBe(true)
  })

  test('gives a second numbered list a box of its own, where every program counts from one', async () => {
    const [, slide = ''] = slidesOf(
      await partsOfMade('pptx', { slides: [{ title: 'A' }, { title: 'B', body: '1. a\n\nx\n\n1. b' }] }),
    )
    const boxes = slide.match(/<p:sp>[\s\S]*?<\/p:sp>/g) ?? []
    expect(boxes.filter((box) => box.includes('buAutoNum'))).toHaveLength(2)
  })

  test('continues what is too long on further slides, with nothing lost', async () => {
    const points = Array.from(
      { length: 40 },
      (_, index) => `Point ${index} with enough words to take a line of its own`,
    )
    const table = `| n | town |\n|---|---|\n${points.map((_, row) => `| ${row} | Town ${row} |`).join('\n')}`
    const parts = await partsOfMade('pptx', {
      slides: [
        { title: 'A' },
        { title: 'List', body: points.map((point) => `- ${point}`).join('\n') },
        { title: 'Table', body: table },
      ],
    })
    expect(titles(parts)).toEqual(
      expect.arrayContaining(['List', 'List (2)', 'List (3)', 'Table', 'Table (2)']),
    )
    const words = slidesOf(parts).flatMap((slide) => wordsOf(slide, 'a'))
    expect(words.filter((word) => word.startsWith('Point '))).toEqual(points)
    expect(words.filter((word) => word.startsWith('Town '))).toEqual(points.map((_, row) => `Town ${row}`))
    expect(words.filter((word) => word === 'town').length).toBeGreaterThan(1) // the header, again on each slide
  })

  test('keeps every shape on the slide', async () => {
    const body = `${'Some words to fill. '.repeat(60)}\n\n| a | b |\n|---|---|\n${'| x | y |\n'.repeat(30)}\n\n${'- point\n'.repeat(20)}`
    const parts = await partsOfMade('pptx', { slides: [{ title: 'T '.repeat(120), body, chart: bars }] })
    for (const slide of slidesOf(parts)) {
      for (const [, x, y, w, h] of slide.matchAll(
        /<a:off x="(\d+)" y="(\d+)"\/><a:ext cx="(\d+)" cy="(\d+)"\/>/g,
      )) {
        expect(Number(x) + Number(w)).toBeLessThanOrEqual(12_192_000)
        expect(Number(y) + Number(h)).toBeLessThanOrEqual(6_858_000)
      }
    }
  })

  test('makes slides from the headings and rules of Markdown', async () => {
    const content =
      '# Proposal\n\nFor Halvorsen\n\n## Where\n\n38 depots\n\n### Detail\n\nmore\n\n---\n\n## Cost\n\n```chart\n' +
      `${JSON.stringify(bars)}\n\`\`\`\n`
    const parts = await partsOfMade('pptx', { content })
    expect(titles(parts)).toEqual(['Proposal', 'Where', 'Cost'])
    expect(wordsOf(slidesOf(parts)[1], 'a')).toEqual(['Where', '38 depots', 'Detail', 'more', '2'])
    expect(Object.keys(parts).some((name) => name.startsWith('ppt/charts/chart'))).toBe(true)
  })

  test('holds valid parts only, whatever the words', async () => {
    const parts = await partsOfMade('pptx', {
      name: 'A & <b> \u0001',
      slides: [
        {
          title: '<>&"\' ]]> \u0001x 🚚',
          body: '`code` <b> ]]> \u0000\n\n[l](https://a.example/?x=1&y=2)\n\n| |\n|-|\n| |',
          notes: ']]>\u0002',
        },
        { title: 'P'.repeat(300), body: 'W'.repeat(3000) },
        { title: 'عرض', body: '- عنصر\n\n日本語の本文' },
        {
          title: 'C',
          chart: { ...bars, title: '<&>', labels: ['', '&'], series: [{ name: '', values: [-1, 0] }] },
        },
      ],
    })
    expect(badXml(parts)).toEqual([])
    expect(missingParts(parts)).toEqual([])
    for (const slide of slidesOf(parts)) {
      const ids = [...slide.matchAll(/<p:cNvPr id="(\d+)"/g)].map(([, id]) => id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const [paragraph] of slide.matchAll(/<a:p>[\s\S]*?<\/a:p>/g)) {
        expect(paragraph.match(/<a:pPr[ >]/g)?.length ?? 0).toBeLessThanOrEqual(1)
      }
    }
  })

  test('takes 200 slides', async () => {
    const slides = Array.from({ length: 200 }, (_, index) => ({ title: `Slide ${index}`, body: '- a' }))
    expect(titles(await partsOfMade('pptx', { slides }))).toHaveLength(201)
  })
})
