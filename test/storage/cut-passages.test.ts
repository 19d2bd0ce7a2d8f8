import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cutPassages } from '../../storage/knowledge/cut-passages.ts'
import { detectLanguage } from '../../storage/knowledge/detect-language.ts'
import { foldWords } from '../../storage/knowledge/fold-words.ts'
import { readText } from '../../storage/text/read-text.ts'
import { makePdf } from '../harness/files/make-pdf.ts'
import { tempFolder } from '../harness/temp-folder.ts'

const places = (text: string) => cutPassages({ text }).map(({ heading, text: words }) => [heading, words])

describe('F089 passages', () => {
  it('begin anew at every heading, and carry the headings above them', () => {
    expect(places('Before.\n\n# A\nOne.\n## B\nTwo.\n\nThree.\n### C ###\nFour.\n# D\nFive.')).toEqual([
      [null, 'Before.'],
      ['A', 'One.'],
      ['A › B', 'Two.\n\nThree.'],
      ['A › B › C', 'Four.'],
      ['D', 'Five.'],
    ])
  })

  it('keep code whole, in which a number sign is no heading', () => {
    expect(places('# A\n\n```sh\n# install\n\nnpm start\n```')).toEqual([
      ['A', '```sh\n# install\n\nnpm start\n```'],
    ])
  })

  it('are of a size, and lose nothing but spaces', () => {
    const sentence = 'Norway has a long coast with many islands, and ferries between them. '
    const text = `# Ferries\n\n${sentence.repeat(200)}\n\n${'x'.repeat(10_000)}\n\n${'word '.repeat(2_000)}\n\n${'Short.\n\n'.repeat(1_000)}`
    const passages = cutPassages({ text })
    for (const { text: words } of passages) expect(words.length).toBeLessThanOrEqual(1_800)
    const squeezed = (words: string) => words.replaceAll(/\s/g, '')
    expect(squeezed(passages.map(({ text: words }) => words).join(''))).toBe(squeezed(text.slice(9)))
    expect(passages.filter(({ text: words }) => words.endsWith('them.')).length).toBeGreaterThan(8)
  })

  it('say where they begin', () => {
    const text = `# A\n\n${'One sentence. '.repeat(300)}\n\n## B\n\n| a | b |\n| --- | --- |\n| 1 | 2 |`
    for (const { offset, text: words } of cutPassages({ text }))
      expect(text.slice(offset, offset + 20)).toBe(words.slice(0, 20))
  })

  it('of a text without any letters are none', () => {
    expect(cutPassages({ text: ' \n\n \n' })).toEqual([])
  })

  it('of 5,000,000 characters are cut in less time than a heartbeat may take, whatever they are', () => {
    for (const piece of ['a', '# x\n', '`', '   x']) {
      const began = performance.now()
      cutPassages({ text: piece.repeat(5_000_000 / piece.length) })
      expect([piece, performance.now() - began < 15_000]).toEqual([piece, true])
    }
  })

  it('of a PDF know their page', async () => {
    const folder = tempFolder()
    const path = join(folder.path, 'three.pdf')
    const pages = ['Apples', 'Pears', 'Plums'].map((fruit) => [{ x: 72, y: 700, text: `${fruit} are sold.` }])
    await writeFile(path, makePdf(pages))
    const read = await readText({ path, name: 'three.pdf' })
    folder.remove()
    if (!read.ok) throw new Error(read.reason)
    expect(read.pages?.map(({ page }) => page)).toEqual([1, 2, 3])
    expect(cutPassages(read).map(({ page }) => page)).toEqual([1, 2, 3])
    for (const { page, at } of read.pages ?? [])
      expect(read.text.slice(at)).toMatch(new RegExp(`^${['', 'Apples', 'Pears', 'Plums'][page]}`))
  })
})

it('F089 the language of a text is known by its smallest words', () => {
  expect(detectLanguage('The battery is not latched, and you have to push it until it clicks.')).toBe(
    'english',
  )
  expect(detectLanguage('Laden Sie den Akku nur mit dem Ladegerät und nicht bei Frost.')).toBe('german')
  expect(detectLanguage('La batterie est chargée dans les deux heures pour vous.')).toBe('french')
  expect(detectLanguage('4711 0815 RX-200')).toBe('simple')
  expect(detectLanguage('')).toBe('simple')
})

it('F089 words are one however they are typed', () => {
  expect(['Rückgabe', 'rueckgabe', 'RUCKGABE'].map((word) => foldWords(word, 'german'))).toEqual([
    'ruckgabe',
    'ruckgabe',
    'ruckgabe',
  ])
  expect(foldWords('does', 'english')).toBe('does')
  expect(foldWords('Straße', 'german')).toBe('strasse')
  expect(foldWords('私は東京に住んでいます', 'simple').trim().split(/\s+/)).toContain('東京')
})
