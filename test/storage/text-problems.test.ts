import { performance } from 'node:perf_hooks'
import { deflateSync } from 'node:zlib'
import { damaged } from '../../storage/text/unreadable.ts'
import { makePdf, pdfOf } from '../harness/files/make-pdf.ts'
import { makeZip } from '../harness/files/make-zip.ts'
import { exampleFile, fixture, readMade } from '../harness/files/read-made.ts'

const JPEG = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb0043', 'hex'),
  Buffer.alloc(5_000, 7),
])
const PROGRAM = Buffer.concat([
  Buffer.from('MZ\x90\0\x03\0\0\0\x04\0\0\0', 'latin1'),
  Buffer.alloc(5_000, 0x90),
])
const EMPTY_PICTURE = 'q 612 0 0 792 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x80 EI Q'

const problem = async (name: string, bytes: Buffer | string) => {
  const read = await readMade(name, bytes)
  if (read.ok) throw new Error(`${name} was read: ${read.text.slice(0, 200)}`)
  return read
}

test('a scan says how many pages it has and what to do', async () => {
  const { code, reason } = await problem('scan.pdf', pdfOf([EMPTY_PICTURE, EMPTY_PICTURE, EMPTY_PICTURE]))
  expect(code).toBe('NoText')
  expect(reason).toBe(
    '"scan.pdf" has 3 pages but no text: it looks like a scan. Upload a version with text (for example after OCR), or type the content as an answer.',
  )
})

test('a Word document or presentation without words says so', async () => {
  const word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
  const types =
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
  const relation = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument'
  const docx = await makeZip({
    '[Content_Types].xml': types,
    '_rels/.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${relation}" Target="word/document.xml"/></Relationships>`,
    'word/document.xml': `<w:document ${word}><w:body><w:p/></w:body></w:document>`,
  })
  expect(await problem('blank.docx', docx)).toMatchObject({
    code: 'NoText',
    reason: expect.stringContaining('without any text'),
  })
})

test.each(['locked.pdf', 'locked.docx'])('%s asks for the password to be removed', async (name) => {
  expect(await problem(name, await fixture(name))).toEqual({
    ok: false,
    code: 'Locked',
    reason: `"${name}" is protected with a password. Remove the password in the program it was made with and upload it again.`,
  })
})

test.each(['call-notes.pdf', 'product-sheet.docx', 'case-study.pptx'])(
  '%s cut off at any point is damaged, never half read',
  async (name) => {
    const whole = await exampleFile(name)
    for (const part of [0.1, 0.6, 0.98])
      expect(await problem(name, whole.subarray(0, whole.length * part))).toMatchObject({
        code: 'Damaged',
        reason: damaged(name).message,
      })
  },
)

test('what pretends to be a document and is noise is damaged', async () => {
  const noise = Buffer.from(Array.from({ length: 9_000 }, (_, index) => (index * 7919 + (index >> 3)) % 256))
  expect(await problem('noise.pdf', noise)).toMatchObject({ code: 'Damaged' })
  const shell = Buffer.concat([Buffer.from('%PDF-1.4\n'), noise, Buffer.from('\nstartxref\n0\n%%EOF')])
  expect(await problem('shell.pdf', shell)).toMatchObject({ code: 'Damaged' })
})

test.each([
  ['report.pdf', JPEG, '"report.pdf" is named as a PDF but is a JPEG picture. Upload the PDF itself.'],
  [
    'offer.docx',
    PROGRAM,
    '"offer.docx" is named as a Word document but is a Windows program. Upload the Word document itself.',
  ],
  [
    'login.pdf',
    '<!DOCTYPE html><html><p>Sign in',
    '"login.pdf" is named as a PDF but is a web page. Upload the PDF itself.',
  ],
])('%s with other content says what it is', async (name, bytes, reason) => {
  expect(await problem(name, bytes)).toEqual({ ok: false, code: 'Misnamed', reason })
})

test('a ZIP archive named as a document is misnamed', async () => {
  expect(await problem('notes.docx', await makeZip({ 'a.txt': 'hello' }))).toMatchObject({ code: 'Misnamed' })
})

test('a readable file with another readable type’s name is read by its content', async () => {
  const read = await readMade('notes.docx', await exampleFile('call-notes.pdf'))
  expect(read).toMatchObject({ ok: true, mediaType: 'application/pdf' })
})

test.each([
  ['photo.jpg', JPEG, 'is a JPEG picture'],
  ['old.doc', null, 'Save it as .docx, .pptx or PDF'],
  ['notes.rtf', '{\\rtf1 Hello}', 'Save it as .docx or PDF'],
  [
    'thing.bin',
    Buffer.alloc(2_000, 1),
    'Upload a PDF, Word (.docx), PowerPoint (.pptx), web page (.html), Markdown, CSV or plain text file.',
  ],
])('%s is not supported, and it says what is', async (name, bytes, part) => {
  expect(await problem(name, bytes ?? (await fixture(name)))).toMatchObject({
    code: 'Unsupported',
    reason: expect.stringContaining(part),
  })
})

test.each(['', ' \n\n\t ', '\ufeff'])('a file with nothing in it is empty', async (bytes) => {
  expect(await problem('notes.txt', bytes)).toMatchObject({ code: 'Empty' })
})

describe('files made to do harm', () => {
  test('an archive that unfolds to more than 300 MB is not unfolded', async () => {
    const bomb = await makeZip({ '[Content_Types].xml': '<x/>', 'word/document.xml': '<a/>' })
    bomb.writeUInt32LE(310 * 1024 * 1024, bomb.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24)
    expect(await problem('bomb.docx', bomb)).toMatchObject({ code: 'TooLarge' })
  })

  test('an archive that lies about its sizes is damaged', async () => {
    const liar = await makeZip({
      '[Content_Types].xml': '<x/>',
      'word/document.xml': Buffer.alloc(9_000_000, 32),
    })
    liar.writeUInt32LE(1_000, liar.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1')) + 24)
    expect(await problem('liar.docx', liar)).toMatchObject({ code: 'Damaged' })
  })

  test('entities that unfold and elements without end are refused', async () => {
    const entities = '<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'
    for (const xml of [entities, '<a>'.repeat(1_000_000)])
      expect(await problem('bomb.pptx', await makeZip({ 'ppt/presentation.xml': xml }))).toMatchObject({
        code: 'Damaged',
      })
  })

  test('a PDF that unfolds to gigabytes is stopped while the process goes on', async () => {
    const once = deflateSync(Buffer.alloc(512 * 1024 * 1024, 32), { level: 9 })
    const twice = deflateSync(once, { level: 9 })
    const bomb = pdfOf([deflateSync(twice)], undefined, '/Filter[/FlateDecode/FlateDecode/FlateDecode]')
    let longest = 0
    let last = performance.now()
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 10)
    const reads = await Promise.all([
      readMade('bomb.pdf', bomb),
      readMade('notes.pdf', makePdf([[{ x: 72, y: 700, text: 'Hello' }]])),
    ])
    clearInterval(beat)
    expect(reads[0].ok).toBe(false)
    expect(reads[1]).toMatchObject({ ok: true, text: 'Hello' })
    expect(longest).toBeLessThan(1_000)
  })
})

test('a file that takes too long is given up, and the next one is read', async () => {
  const { runReader } = await import('../../storage/text/run-reader.ts')
  const path = new URL('../../examples/sales-package/files/call-notes.pdf', import.meta.url).pathname
  expect(await runReader({ path, name: 'slow.pdf' }, 0.001)).toMatchObject({ code: 'TooSlow' })
  expect(await runReader({ path, name: 'notes.pdf' })).toMatchObject({ ok: true })
})

test('many files at once are all read', async () => {
  const files = Array.from({ length: 12 }, (_, index) => readMade(`n${index}.txt`, `note ${index}`))
  expect((await Promise.all(files)).map((read) => read.ok && read.text)).toEqual(
    files.map((_, index) => `note ${index}`),
  )
})
