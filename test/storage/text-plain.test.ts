import { detectType } from '../../storage/text/read-text.ts'
import { exampleFile, fixture, readMade, textOf } from '../harness/files/read-made.ts'

test.each([
  ['notes.md', 'text/markdown'],
  ['notes.MARKDOWN', 'text/markdown'],
  ['prices.csv', 'text/csv'],
  ['notes.txt', 'text/plain'],
  ['notes', 'text/plain'],
])('%s is read as %s, as it is written', async (name, mediaType) => {
  const text = '# Prices\n\nplan,price  \n\n\n\nStart,149'
  expect(await readMade(name, text)).toEqual({ ok: true, text, mediaType, truncated: false })
})

test.each([
  ['UTF-8 with a mark', '\ufeffGröße 你好', 'utf8'],
  ['UTF-16 with a mark', '\ufeffGröße 你好', 'utf16le'],
  ['UTF-16 without a mark', 'Plain English', 'utf16le'],
] as const)('%s is understood', async (_, written, encoding) => {
  expect(await textOf('notes.txt', Buffer.from(written, encoding))).toBe(written.replace('\ufeff', ''))
})

test.each([
  ['windows-1252', '4772f6df653a2035206db22c20636166e920962093717594', 'Größe: 5 m², café – “qu”'],
  ['windows-1251', 'c1fee4e6e5f220f3f2e2e5f0e6e4e5ed20f1eee2e5f2eeec', 'Бюджет утвержден советом'],
  ['koi8-r', 'e2c0c4d6c5d420d5d4d7c5d2d6c4c5ce20d3cfd7c5d4cfcd', 'Бюджет утвержден советом'],
  ['shift_jis', '89ef8b6382cc8b4c985e82c582b78142', '会議の記録です。'],
  ['gb18030', 'b5dad2bbc4eab5c4d4a4cbe3d2d1bbf1c5fad7bc', '第一年的预算已获批准'],
  ['euc-kr', 'bfb9bbeac0cc20bdc2c0ceb5c7beface', null],
])('text in %s is understood', async (_, hex, text) => {
  const read = await textOf('notes.txt', Buffer.from(hex, 'hex'))
  if (text) expect(read).toBe(text)
  else expect(read).toContain('예산이 승인')
})

test('NUL characters and halves of letters never reach the database', async () => {
  expect(await textOf('notes.txt', 'one\0 line\r\nand another')).toBe('one line\nand another')
  const wide = Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x00, 0xd8, 0x42, 0x00])
  expect(await textOf('notes.txt', wide)).toBe('A\ufffdB')
})

test('the type is decided by the beginning of the content, and a wrong name is noticed', async () => {
  const head = (bytes: Buffer) => bytes.subarray(0, 4_100)
  const pdf = head(await exampleFile('call-notes.pdf'))
  expect(await detectType(pdf, 'notes.pdf')).toEqual({
    mediaType: 'application/pdf',
    extension: 'pdf',
    misnamed: false,
  })
  expect(await detectType(pdf, 'notes.docx')).toMatchObject({ mediaType: 'application/pdf', misnamed: true })
  expect(await detectType(pdf, 'notes')).toMatchObject({ misnamed: false })
  const docx = head(await exampleFile('product-sheet.docx'))
  expect(await detectType(docx, 'sheet.docx')).toMatchObject({ extension: 'docx', misnamed: false })
  const pptx = head(await exampleFile('case-study.pptx'))
  expect(await detectType(pptx, 'study.pptx')).toMatchObject({ extension: 'pptx', misnamed: false })
  expect(await detectType(head(await fixture('old.doc')), 'old.doc')).toMatchObject({
    extension: 'doc',
    misnamed: false,
  })
  expect(await detectType(Buffer.from('a,b\n1,2'), 'x.csv')).toMatchObject({
    mediaType: 'text/csv',
    misnamed: false,
  })
})
