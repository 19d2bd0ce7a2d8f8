import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { LiveText } from '../../cli/conversation/live-text.ts'
import { safeName } from '../../cli/conversation/save-results.ts'
import { PasteInput } from '../../cli/screen/paste-input.ts'
import { plain } from '../../cli/screen/plain.ts'
import { progressBar } from '../../cli/screen/progress-bar.ts'
import { renderMarkdown } from '../../cli/screen/render-markdown.ts'
import { wrap } from '../../cli/screen/spans.ts'
import { widthOf } from '../../cli/screen/width.ts'

const lines = (markdown: string, columns = 40) =>
  stripVTControlCharacters(renderMarkdown(markdown, columns)).split('\n')

describe('what stands on the screen', () => {
  test('Markdown reads plainly: headings, emphasis, lists, links, entities', () => {
    expect(
      lines(
        '# Offer\n\nSome **bold** & _soft_ text &amp; `code`, [site](https://x.y).\n\n1. one\n2. two\n   - deep\n\n> said',
      ),
    ).toEqual([
      'Offer',
      '',
      'Some bold & soft text & code, site',
      '(https://x.y).',
      '',
      '1. one',
      '2. two',
      '   • deep',
      '',
      '│ said',
    ])
  })

  test('a table keeps its columns within the width, and becomes lists where that is too narrow', () => {
    const table = '| Item | Price |\n|---|---:|\n| A rather long name of a thing that is sold | 12,000 |'
    const wide = lines(table, 30)
    expect(Math.max(...wide.map(widthOf))).toBeLessThanOrEqual(30)
    expect(wide[0]).toMatch(/^Item +Price$/)
    expect(wide[2]).toMatch(/12,000$/)
    const many = `|${' a long heading |'.repeat(6)}\n|${'---|'.repeat(6)}\n|${' a long value |'.repeat(6)}`
    expect(lines(many, 40)[0]).toBe('a long heading: a long value')
  })

  test('lines break at the width also in scripts of double width, and words longer than a line are cut', () => {
    expect(wrap('見積書を作成します', 8)).toEqual(['見積書を', '作成しま', 'す'])
    expect(wrap('abcdefghij kl', 5)).toEqual(['abcde', 'fghij', 'kl'])
    expect(widthOf('👩‍👩‍👧 é')).toBe(4)
  })

  test('escape sequences, control characters and direction marks are left out', () => {
    expect(plain('a\u001b[31mb\u001b[0m\u0007\u202ec\u0000\td\r\ne')).toBe('abc    d\ne')
  })

  test('a progress bar fits in its line', () => {
    const bar = stripVTControlCharacters(
      progressBar(45, 'Drafting a very long proposal for the customer', 50, 3),
    )
    expect(bar).toContain(' 45%  Drafting')
    expect(widthOf(bar)).toBeLessThanOrEqual(50)
  })

  test('a text being written survives repeated pieces, and a new attempt begins it anew', () => {
    const live = new LiveText()
    const piece = (offset: number, text: string, attempt = 1) =>
      live.take({ messageId: 'm', attempt, offset, text })
    piece(0, 'Dear ')
    piece(5, 'you')
    piece(0, 'Dear you, ')
    expect(live.text).toBe('Dear you, ')
    piece(0, 'Hi', 2)
    expect(live.text).toBe('Hi')
  })

  test('a pasted text of several lines does not submit the prompt, and is put back whole', async () => {
    const keyboard = new PassThrough()
    const input = new PasteInput(Object.assign(keyboard, { isTTY: true }), new PassThrough())
    let typed = ''
    input.on('data', (chunk: Buffer) => {
      typed += chunk.toString()
    })
    for (const chunk of ['About: \u001b[20', '0~one\ntwo\r\nth', 'ree\u001b[2', '01~ end', '\u001b'])
      keyboard.write(chunk)
    await new Promise(setImmediate)
    expect(typed).toBe('About: [pasted text 1: 3 lines] end\u001b')
    expect(input.expand(typed.slice(0, -1))).toBe('About: one\ntwo\nthree end')
    input.release()
  })

  test('names of files cannot lead out of their folder', () => {
    expect(safeName('../../etc/passwd')).toBe('etc passwd')
    expect(safeName('Offer: "A/B" \u202efdp.docx')).toBe('Offer A B fdp.docx')
    expect(safeName('...')).toBe('file')
  })
})
