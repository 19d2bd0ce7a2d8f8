import { Document, FootnoteReferenceRun, Packer, Paragraph, Table, TableCell, TableRow, TextRun } from 'docx'
import pptxgenjs from 'pptxgenjs'
import { exampleFile, textOf } from '../harness/files/read-made.ts'

// At run time the default export is the class; its types describe the CommonJS build.
const PptxGenJS = pptxgenjs as unknown as typeof pptxgenjs.default

test('the product sheet keeps its headings, its facts and every row of its prices', async () => {
  const text = await textOf('product-sheet.docx', await exampleFile('product-sheet.docx'))
  expect(text).toMatch(/^# Fleetline Route: product sheet\n\nFleetline Route plans, changes and proves/)
  expect(text).toContain(`| Plan | Per driver and month | Includes |
| --- | --- | --- |
| Start | 149 NOK | live changes, proof of delivery, e-mail support |
| Fleet | 219 NOK | offline merge, Entra ID sign-on, five-year archive, EEA storage |
| Group | 289 NOK | everything, read-only connector for warehouse systems, named engineer |`)
  expect(text).toContain('# Facts we may claim\n\n- Median time from a change to the driver: 11 seconds')
})

test('a Word document keeps lists in lists, merged cells, footnotes and line breaks', async () => {
  const cell = (text: string, merge = {}) => new TableCell({ children: [new Paragraph(text)], ...merge })
  const item = (text: string, level: number) => new Paragraph({ text, bullet: { level } })
  const document = new Document({
    footnotes: { 1: { children: [new Paragraph('As of June.')] } },
    sections: [
      {
        children: [
          new Paragraph({ text: 'Results', heading: 'Heading2' }),
          item('one', 0),
          item('deep', 1),
          new Paragraph({ children: [new TextRun('Sales grew'), new FootnoteReferenceRun(1)] }),
          new Paragraph({ children: [new TextRun('Street 1'), new TextRun({ text: 'Bodø', break: 1 })] }),
          new Table({
            rows: [
              new TableRow({
                children: [cell('Region', { rowSpan: 2 }), cell('Revenue', { columnSpan: 2 })],
              }),
              new TableRow({ children: [cell('2025'), cell('2026')] }),
              new TableRow({ children: [cell('North | East'), cell('10'), cell('12')] }),
            ],
          }),
        ],
      },
    ],
  })
  const text = await textOf('results.docx', await Packer.toBuffer(document))
  expect(text).toContain('## Results\n\n- one\n  - deep')
  expect(text).toContain('Sales grew[1]')
  expect(text).toContain('1. As of June.')
  expect(text).toContain('Street 1\nBodø')
  expect(text).toContain(
    '| Region | Revenue |  |\n| --- | --- | --- |\n|  | 2025 | 2026 |\n| North \\| East | 10 | 12 |',
  )
})

test('the case study is read slide by slide', async () => {
  const text = await textOf('case-study.pptx', await exampleFile('case-study.pptx'))
  expect(text).toContain('## Slide 1: Nordkyst Frakt: case study\n\n- 640 drivers, 22 depots')
  expect(text).toContain('## Slide 2: How it was introduced\n\n- Weeks 1 to 8: read-only connector\n- Week 9')
})

test('a presentation gives its tables, the numbers of its charts and its notes', async () => {
  const deck = new PptxGenJS()
  const slide = deck.addSlide()
  slide.addText('Quarter results', { x: 1, y: 0.5, w: 8, h: 1 })
  slide.addTable(
    [
      [{ text: 'Plan' }, { text: 'Price' }],
      [{ text: 'Start' }, { text: '149 NOK' }],
    ],
    { x: 5, y: 2, w: 4 },
  )
  const series = [
    { name: '2025', labels: ['Q1', 'Q2'], values: [4, 5] },
    { name: '2026', labels: ['Q1', 'Q2'], values: [6, 7] },
  ]
  slide.addChart('bar', series, { x: 1, y: 4, w: 8, h: 2, showTitle: true, title: 'Revenue' })
  slide.addNotes('Say this slowly.')
  const text = await textOf('deck.pptx', (await deck.write({ outputType: 'nodebuffer' })) as Buffer)
  expect(text).toContain('## Slide 1\n\nQuarter results')
  expect(text).toContain('| Plan | Price |\n| --- | --- |\n| Start | 149 NOK |')
  expect(text).toContain(
    'Chart: Revenue\n\n|  | 2025 | 2026 |\n| --- | --- | --- |\n| Q1 | 4 | 6 |\n| Q2 | 5 | 7 |',
  )
  expect(text).toContain('Notes: Say this slowly.')
})
