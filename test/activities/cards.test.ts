import sharp from 'sharp'
import { createCards } from '../../activities/providers/images/cards/create-cards.ts'
import type { CardRequest } from '../../activities/providers/images/cards/port.ts'
import { CardProblem } from '../../activities/providers/images/cards/problem.ts'
import { readSides } from '../../activities/providers/images/cards/read-sides.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'

const cards = createCards()
const brand = { ...defaultBrand, name: 'Nordlys Freight', colours: { primary: '#123abc', accent: '#fe8b12' } }
const chart = {
  type: 'bar' as const,
  labels: ['2024', '2025'],
  series: [{ name: 'NOK', values: [3, 2] }],
}
const size = { width: 600, height: 315 }
const compose = (request: Partial<CardRequest>) =>
  cards.compose({ template: 'title', size, brand, ...request } as CardRequest)

/** How many pixels of a PNG have each colour, as `#rrggbb`. */
async function coloursOf(bytes: Uint8Array): Promise<Map<string, number>> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const counts = new Map<string, number>()
  for (let at = 0; at < data.length; at += info.channels) {
    const colour = `#${data.subarray(at, at + 3).toString('hex')}`
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  return counts
}

/** The lowest and rightmost pixel that is not of the ground: how far the card is filled. */
async function inkOf(bytes: Uint8Array, ground: string) {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const ink = { left: info.width, right: 0, top: info.height, bottom: 0 }
  for (let y = 0; y < info.height; y++)
    for (let x = 0; x < info.width; x++) {
      const at = (y * info.width + x) * 3
      if (`#${data.subarray(at, at + 3).toString('hex')}` === ground) continue
      ink.left = Math.min(ink.left, x)
      ink.right = Math.max(ink.right, x)
      ink.top = Math.min(ink.top, y)
      ink.bottom = Math.max(ink.bottom, y)
    }
  return ink
}

const words = { title: 'On time in the north', text: 'How it was done' }
const templates: [CardRequest['template'], Partial<CardRequest>][] = [
  ['cover', words],
  ['title', words],
  ['quote', words],
  ['comparison', { title: 'What changes', text: '## Before\n1.9 %\n## After\n0.6 %' }],
  ['chart', { title: 'Costs', chart }],
]

describe.each(templates)('F021 a %s card', (template, fields) => {
  it.each([
    [1200, 630],
    [1080, 1920],
    [64, 64],
    [2048, 64],
    [64, 2048],
  ])('is a PNG of %d x %d', async (width, height) => {
    const { bytes, strangers } = await compose({ template, size: { width, height }, ...fields })
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width, height })
    expect(strangers).toBe(0)
  })

  it('wears the colours of the brand', async () => {
    const colours = await coloursOf((await compose({ template, ...fields })).bytes)
    if (template === 'quote') expect(colours.get('#fe8b12')).toBeGreaterThan(50)
    else expect(colours.get('#123abc')).toBeGreaterThan(50)
    expect(colours.size).toBeGreaterThan(10)
  })
})

it('F021 a cover is of the primary colour all over, a title card has its band on the side where reading begins', async () => {
  const cover = await coloursOf((await compose({ template: 'cover', ...words })).bytes)
  expect(cover.get('#123abc')).toBeGreaterThan((size.width * size.height) / 2)
  const at = async (bytes: Uint8Array, left: number) =>
    (
      await sharp(bytes).extract({ left, top: 100, width: 1, height: 1 }).removeAlpha().raw().toBuffer()
    ).toString('hex')
  const { bytes } = await compose(words)
  expect(await at(bytes, 2)).toBe('123abc')
  expect(await at(bytes, size.width - 3)).toBe('ffffff')
  const mirrored = (await compose({ title: 'בזמן בצפון' })).bytes
  expect(await at(mirrored, 2)).toBe('ffffff')
  expect(await at(mirrored, size.width - 3)).toBe('123abc')
})

it('F021 long texts shrink, then end, and never leave the margins', async () => {
  const long = 'The quick brown fox jumps over the lazy dog and keeps on running. '.repeat(40)
  const { bytes } = await compose({ template: 'quote', title: long, text: long })
  const [ground] = [...(await coloursOf(bytes))].sort((one, other) => other[1] - one[1])[0] ?? []
  const ink = await inkOf(bytes, ground ?? '')
  expect(ink.left).toBeGreaterThan(20)
  expect(ink.right).toBeLessThan(size.width - 20)
  expect(ink.top).toBeGreaterThan(15)
  expect(ink.bottom).toBeLessThan(size.height - 15)
})

it.each(['x'.repeat(3_000), 'https://a.example/'.repeat(50), '北方物流'.repeat(500), 'a\n\n'.repeat(900)])(
  'F021 a text without an end (%#) is set in a few seconds, and the event loop goes on',
  async (text) => {
    let beats = 0
    const beat = setInterval(() => beats++, 20)
    const started = Date.now()
    await compose({ template: 'title', title: text, text, size: { width: 2048, height: 2048 } })
    clearInterval(beat)
    expect(Date.now() - started).toBeLessThan(15_000)
    expect(beats).toBeGreaterThan(0)
  },
)

it('F021 a letter that no font has is a box, counted, and the card says so', async () => {
  const plain = await compose({ template: 'title', title: 'Signs' })
  const { bytes, strangers } = await compose({ template: 'title', title: 'Signs \u0378\u0379\u0378' })
  expect(strangers).toBe(2)
  const foot = { left: 300, top: 260, width: 280, height: 50 }
  const inFoot = async (card: Uint8Array) =>
    (await coloursOf(await sharp(card).extract(foot).png().toBuffer())).size
  expect(await inFoot(plain.bytes)).toBe(1)
  expect(await inFoot(bytes)).toBeGreaterThan(1)
})

it('F021 where the words come from stands at the foot', async () => {
  const without = await compose(words)
  const withLabel = await compose({ ...words, label: 'Demo model' })
  expect(Buffer.compare(withLabel.bytes, without.bytes)).not.toBe(0)
})

it('F021 any two colours of a brand leave words that can be read', async () => {
  for (const primary of ['#ffffff', '#000000', '#ffff00', '#777777'])
    for (const template of ['cover', 'title', 'quote'] as const) {
      const { bytes } = await compose({
        ...words,
        template,
        brand: { ...brand, colours: { primary, accent: primary } },
      })
      const { channels } = await sharp(bytes).greyscale().stats()
      // Letters and ground differ: 4.5 : 1 is at least 100 of 255 steps on the side of either.
      expect((channels[0]?.max ?? 0) - (channels[0]?.min ?? 0)).toBeGreaterThan(100)
    }
})

it.each<[string, Partial<CardRequest>, RegExp]>([
  ['nothing to say', { template: 'cover', title: ' ', text: '' }, /cover card has nothing to say/],
  ['a quote without words', { template: 'quote', title: 'Kari' }, /quote card needs "text"/],
  ['a chart without figures', { template: 'chart', title: 'Costs' }, /needs "chart"/],
  ['one side', { template: 'comparison', text: 'Only this' }, /two to four sides.*This one has 1/],
])('F021 %s is no card, and the reason says what to do', async (_, fields, message) => {
  const error = await compose(fields).catch((problem: unknown) => problem)
  expect(error).toBeInstanceOf(CardProblem)
  expect((error as Error).message).toMatch(message)
})

describe('F021 a comparison is told apart', () => {
  it.each<[string, string, [string, string | undefined, number][]]>([
    [
      'by headings',
      '## Before\n\n1.9 %\n\n- calls\n- paper\n\n## After\n\n- a map',
      [
        ['Before', '1.9 %', 2],
        ['After', undefined, 1],
      ],
    ],
    [
      'by a line between',
      'Before\n\n- calls\n\n---\n\nAfter\n\n- a map',
      [
        ['Before', undefined, 1],
        ['After', undefined, 1],
      ],
    ],
    [
      'by a table',
      '| | Basic | Fleet | Max |\n|-|-|-|-|\n| Price | 10 | 20 | 30 |\n| Drivers | 1 | 2 | 3 |',
      [
        ['Basic', undefined, 2],
        ['Fleet', undefined, 2],
        ['Max', undefined, 2],
      ],
    ],
    [
      'by a list of names',
      '- Before: two hours\n- After: € 12',
      [
        ['Before', undefined, 1],
        ['After', '€ 12', 0],
      ],
    ],
    [
      'by the word between',
      'Paper vs a live map',
      [
        ['', undefined, 1],
        ['', undefined, 1],
      ],
    ],
  ])('%s', (_, text, sides) => {
    expect(readSides(text, undefined).map(({ name, figure, lines }) => [name, figure, lines.length])).toEqual(
      sides,
    )
  })

  it('by the numbers of a chart', () => {
    expect(readSides('', chart)).toEqual([
      { name: '2024', figure: '3', lines: [] },
      { name: '2025', figure: '2', lines: [] },
    ])
  })
})
