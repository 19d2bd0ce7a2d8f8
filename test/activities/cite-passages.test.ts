import { citePassages, type Passages, showCited } from '../../activities/cite-passages.ts'
import type { FoundPassage } from '../../shared/contract/knowledge.ts'

const passage = (document: string, offset: number, more: Partial<FoundPassage> = {}): FoundPassage => ({
  knowledgeBase: 'faq',
  documentId: document,
  document,
  url: null,
  heading: null,
  page: null,
  offset,
  text: 'Text.',
  ...more,
})
const passages: Passages = new Map([
  [11, passage('a.pdf', 0, { page: 3, heading: 'Terms › Refunds' })],
  [12, passage('b.md', 0)],
  [31, passage('a.pdf', 0, { page: 3, heading: 'Terms › Refunds' })],
  [32, passage('Site [x]', 5, { url: 'https://example.com/a b' })],
])
const cite = (text: string) => citePassages(text, passages)

it.each([
  ['in the order in which they are cited', 'B [12], A [11].', 'B [1], A [2].'],
  ['several in one', 'Both [11, 12].', 'Both [1][2].'],
  ['the same passage of two searches is one', 'A [11] and again [31].', 'A [1] and again [1].'],
  ['unknown ones are left out, with the space before', 'Sure [99]. Known [11, 98].', 'Sure. Known [1].'],
  ['links are links', 'See [11](https://example.com).', 'See [11](https://example.com).'],
  ['other brackets stay', 'A [note], [ ] and [x1] [11].', 'A [note], [ ] and [x1] [1].'],
  [
    'code is code',
    'Take `list[11]` [11] and\n```\na[12]\n```\nso [12].',
    'Take `list[11]` [1] and\n```\na[12]\n```\nso [2].',
  ],
  [
    'a backtick that is not closed ends with its paragraph',
    'It`s so.\n\nTrue [11].',
    'It`s so.\n\nTrue [1].',
  ],
])('F089 citations: %s', (_, said, shown) => {
  expect(cite(said).text).toBe(shown)
})

it('F089 the list says where each source stands, in words that are no Markdown', () => {
  expect(cite('A [32]. B [11]. C [12].').whole).toBe(
    'A [1]. B [2]. C [3].\n\n---\n[1] [Site \\[x\\]](<https://example.com/a%20b>)  \n[2] a.pdf, p. 3, Terms › Refunds  \n[3] b.md',
  )
  expect(cite('Nothing was found.').whole).toBe('Nothing was found.')
})

it('F089 what is shown while it is written is, to the letter, what is stored', async () => {
  const said = 'Both [11, 12], `x[11]`, [99] gone; a [link](https://x.example), [ open [12]. Ende [32]'
  for (const end of ['flush', 'rest'] as const)
    for (let size = 1; size <= 12; size++) {
      let shown = ''
      const live = showCited(
        {
          write: (piece) => {
            shown += piece
          },
          reset: async () => {
            shown = ''
          },
          flush: async () => {},
          rest: async () => [],
        },
        passages,
      )
      live.write('I look it up [12')
      await live.reset()
      for (let at = 0; at < said.length; at += size) live.write(said.slice(at, at + size))
      await live[end]()
      expect([end, size, shown]).toEqual([end, size, cite(said).whole])
    }
})

it('F089 a text of a million brackets or spaces takes no time', () => {
  for (const piece of ['[', ']', ' ', '`', '[1', ' [', '[1]']) {
    const began = performance.now()
    cite(piece.repeat(1_000_000 / piece.length))
    expect([piece, performance.now() - began < 10_000]).toEqual([piece, true])
  }
})
