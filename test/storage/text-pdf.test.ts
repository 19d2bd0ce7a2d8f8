import { makePdf, pdfOf } from '../harness/files/make-pdf.ts'
import { exampleFile, fixture, readMade, textOf } from '../harness/files/read-made.ts'

const NOTES_TABLE = `| Item | Their figure | Remark |
| --- | --- | --- |
| Drivers in the pilot | 120 | of 910 in all |
| Budget, first year | 1,150,000 NOK | approved by the board on 2 October |
| Decision | 28 November 2026 | Ingrid decides, Tomasz can veto on security |
| Rival | RuteKlar | cheaper by about 15 %, no offline mode |`

describe('a tagged PDF', () => {
  test('the call notes keep headings, lists, numbers and the rows of their table', async () => {
    const text = await textOf('call-notes.pdf', await exampleFile('call-notes.pdf'))
    expect(text).toMatch(/^# Call notes: Halvorsen Logistik AS\n\n14 October 2026, 45 minutes\./)
    expect(text).toContain(
      'They lost 2.1 % of deliveries to missed slots in the third quarter, which Ingrid puts',
    )
    expect(text).toContain(
      '## What they want\n\n- Live route changes that reach drivers within one minute, also offline until',
    )
    expect(text).toContain(NOTES_TABLE)
    expect(text).toContain('1. Proposal and deck by 24 October.\n2. A reference')
    expect(text).toContain('must fit into the drivers')
  })

  test('columns are read one after the other', async () => {
    const text = await textOf('two-columns.pdf', await fixture('two-columns.pdf'))
    expect(text).toContain('# Cold-chain telemetry in the Nordics, autumn 2026')
    expect(text).toContain(
      'transport directive obliges carriers of temperature-sensitive food to keep sensor records',
    )
    expect(text).toContain('Build the small-fleet onboarding first')
    expect(text.indexOf("a dispatcher's desk.")).toBeLessThan(text.indexOf('Risks. Coverage gaps'))
  })
})

describe('a PDF without tags is read by its looks', () => {
  test('drawn lines make a table, also around cells of several lines', async () => {
    const text = await textOf('notes.pdf', await fixture('notes-untagged.pdf'))
    expect(text).toContain(NOTES_TABLE)
    expect(text).toContain('## Promised by us\n\n1. Proposal and deck by 24 October.\n2. A reference')
    expect(text).toContain('a change after 16:00 reaches the driver by phone')
  })

  test('columns of prose are read one after the other', async () => {
    const text = await textOf('brief.pdf', await fixture('two-columns-untagged.pdf'))
    expect(text).toContain(
      'obliges carriers of temperature-sensitive food to keep sensor records for 24 months',
    )
    expect(text).toContain(
      "its onboarding assumes a dispatcher's desk.\n\nRisks. Coverage gaps north of the 66th",
    )
  })

  test('text that stands in columns without lines is a table', async () => {
    const rows = [
      ['Plan', 'Price', 'Includes'],
      ['Start', '149 NOK', 'live changes'],
      ['Fleet', '219 NOK', 'offline merge'],
    ]
    const placed = rows.flatMap((row, y) =>
      row.map((text, x) => ({ x: 72 + x * 110, y: 600 - y * 18, text })),
    )
    const text = await textOf(
      'plans.pdf',
      makePdf([[{ x: 72, y: 660, text: 'Our plans', size: 20 }, ...placed]]),
    )
    expect(text).toBe(
      '# Our plans\n\n| Plan | Price | Includes |\n| --- | --- | --- |\n| Start | 149 NOK | live changes |\n| Fleet | 219 NOK | offline merge |',
    )
  })

  test('columns made of spaces are a table too', async () => {
    const lines = [
      'Item       Figure       Remark',
      'Budget     1,150,000    approved',
      'Drivers    120          of 910',
    ]
    const font = '<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>'
    const content = lines.map((line, y) => `BT /F1 10 Tf 72 ${700 - y * 12} Td (${line}) Tj ET`).join('\n')
    expect(await textOf('report.pdf', pdfOf([content], font))).toContain('| Budget | 1,150,000 | approved |')
  })

  test('lines are joined to paragraphs and items; breaks that were meant stay', async () => {
    const lines = [
      'The first paragraph is set over two lines, of which this one is full and',
      'the second one is not.',
      'Halvorsen Logistik AS',
      'Havnegata 12',
      '7010 Trondheim',
    ]
    const text = await textOf(
      'letter.pdf',
      makePdf([lines.map((line, y) => ({ x: 72, y: 700 - y * 14, text: line }))]),
    )
    expect(text).toContain('full and the second one is not.')
    expect(text).toContain('Halvorsen Logistik AS\nHavnegata 12\n7010 Trondheim')
  })

  test('a running head is said once and page numbers not at all, but other numbers stay', async () => {
    const page = (number: number) => [
      { x: 72, y: 760, text: 'Confidential: Acme', size: 8 },
      { x: 72, y: 600, text: `Invoice ${number}` },
      { x: 300, y: 30, text: String(number), size: 8 },
    ]
    const text = await textOf('paper.pdf', makePdf([page(1), page(2), page(3), page(4)]))
    expect(text.match(/Confidential/g)).toHaveLength(1)
    expect(text).not.toMatch(/^\d$/m)
    expect(text).toContain('Invoice 4')
  })
})

describe('languages', () => {
  test('Cyrillic, Greek, Chinese, German and Arabic come out as they were written', async () => {
    const text = await textOf('languages.pdf', await fixture('languages.pdf'))
    expect(text).toContain('Бюджет на первый год составляет 1 150 000 рублей, утверждён советом директоров')
    expect(text).toContain('Η απόφαση θα ληφθεί στις 28 Νοεμβρίου.')
    expect(text).toContain('试点项目将从六个仓库开始，所有三十八个仓库将于二零二七年九月前完成。')
    expect(text).toContain('Müller & Söhne GmbH')
    expect(text).toContain('Straße und Fluß, Effizienz, finden, Stoff.')
    expect(text).toContain('ميزانية السنة الأولى 1150000 كرونة، وافق عليها المجلس')
  })

  test('a page written from right to left is read from there, with its table', async () => {
    const text = await textOf('arabic.pdf', await fixture('arabic.pdf'))
    expect(text).toContain('# محضر الاجتماع مع شركة الشمال')
    expect(text).toContain('تقنية المعلومات Tomasz Wieczorek الاعتراض')
    expect(text).toContain('| الميزانية | 1150000 |')
  })

  test.each([
    ['UniGB-UCS2-H', 'STSong-Light', 'GB1', '<4E004E8C4E094F60597D>', '一二三你好'],
    ['90ms-RKSJ-H', 'Ryumin-Light', 'Japan1', '<89EF8B6382CC8B4C985E>', '会議の記録'],
  ])(
    'a font that only names the character map %s is read with it',
    async (map, font, ordering, written, read) => {
      const descriptor = `<</Type/FontDescriptor/FontName/${font}/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>`
      const system = `<</Registry(Adobe)/Ordering(${ordering})/Supplement 2>>`
      const cid = `<</Type/Font/Subtype/CIDFontType0/BaseFont/${font}/CIDSystemInfo${system}/FontDescriptor${descriptor}>>`
      const composite = `<</Type/Font/Subtype/Type0/BaseFont/${font}/Encoding/${map}/DescendantFonts[${cid}]>>`
      expect(await textOf('asian.pdf', pdfOf([`BT /F1 12 Tf 72 700 Td ${written} Tj ET`], composite))).toBe(
        read,
      )
    },
  )
})

test('a PDF that opens without a password is read, whatever it forbids to print', async () => {
  expect(await textOf('restricted.pdf', await fixture('restricted.pdf'))).toContain('worth 1,150,000 NOK')
})

test('more than 500,000 characters are cut, and it says so', async () => {
  const line = 'A line of text that says the same as all others in this long file. '.repeat(2)
  const page = Array.from({ length: 60 }, (_, y) => ({ x: 20, y: 780 - y * 12, text: line, size: 8 }))
  const read = await readMade('long.pdf', makePdf(Array.from({ length: 80 }, () => page)))
  expect(read).toMatchObject({ ok: true, truncated: true })
  expect(read.ok && read.text.length).toBe(500_000)
})
