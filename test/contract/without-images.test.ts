import { marked, type Token } from 'marked'
import { imageFilter, withoutImages } from '../../shared/contract/without-images.ts'
import { dice, seed } from '../harness/dice.ts'

/** The addresses of the images in a text, as a reader of Markdown finds them. */
function imagesOf(text: string): string[] {
  const found: string[] = []
  marked.walkTokens(marked.lexer(text), (token: Token) => {
    if (token.type === 'image') found.push(token.href)
  })
  return found
}

it.each([
  [
    'an image is a link to it',
    'See ![Chart](https://a.example/c.png "C").',
    'See [Chart](https://a.example/c.png "C").',
  ],
  ['one without words, too', '![](//evil.example/?q=1)', '[image](//evil.example/?q=1)'],
  ['by reference it is words', '![x][r]\n\n[r]: http://evil.example', '! [x][r]\n\n[r]: http://evil.example'],
  [
    'what other marks stand in',
    '![a [b](c) `]`](http://evil.example)',
    '! [a [b](c) `]`](http://evil.example)',
  ],
  ['several marks make no new one', '!![a](b)', '! [a](b)'],
  ['what is no image stays as it is', 'Wow! [yes](a) a[0]! !x [!]', 'Wow! [yes](a) a[0]! !x [!]'],
  ['code means the same', 'if (![1, 2].includes(x)) vec![1]', 'if (! [1, 2].includes(x)) vec! [1]'],
  ['at the very end, too', 'So![', 'So! ['],
])('%s', (_, text, shown) => {
  expect(withoutImages(text)).toBe(shown)
  expect(withoutImages(shown)).toBe(shown)
})

it('whatever is written, however it comes in pieces, nothing is an image, and the pieces are the whole', () => {
  const roll = dice(seed)
  const bits = ['!', '[', ']', '(', ')', '![', '](', '][', ']: ', '\\', '`', '<', '>', '\n', '\n\n', ' ', 'a']
  const more = [
    'http://e.example/q',
    '[a]: http://e.example',
    '![a](http://e.example)',
    '![a][a]',
    '```\n',
    '- ',
    '> ',
  ]
  let images = 0
  for (let round = 0; round < 5_000; round++) {
    const all = [...bits, ...more]
    const pieces = Array.from({ length: 1 + roll() * 14 }, () => all[Math.floor(roll() * all.length)] ?? '')
    const text = pieces.join('')
    const whole = withoutImages(text)
    images += imagesOf(text).length
    expect(imagesOf(whole)).toEqual([])
    const filter = imageFilter()
    const cut = [...text].map((letter) => filter.write(letter)).join('') + filter.end()
    expect(cut).toBe(whole)
    expect(whole.replaceAll(/\s/g, '').length).toBeGreaterThanOrEqual(text.replaceAll(/[\s!]/g, '').length)
  }
  // The texts are such that there is something to take out.
  expect(images).toBeGreaterThan(300)
})
