import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'
import { readSize } from '../../shared/contract/steps/image.ts'

const parsed = (fields: object) =>
  parseDefinition({ name: 'W', type: 'output_focused', steps: [{ id: 'pic', type: 'image', ...fields }] })
const savedWith = (fields: object) => {
  const result = parsed(fields)
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`)
}
const published = (fields: object, world = {}) => {
  const result = parsed(fields)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return checkDefinition(result.definition, world)
}

test.each<[string, object, RegExp]>([
  ['neither prompt nor card', {}, /either "prompt" or "card"/],
  ['both', { prompt: 'a', card: { template: 'title', title: 'b' } }, /and not both/],
  ['another template', { card: { template: 'poster' } }, /one of title, quote, comparison, chart, cover/],
  ['a size without a height', { prompt: 'a', size: '1200' }, /"1200" is not a size: expected width x height/],
  ['a size too small', { prompt: 'a', size: '63x630' }, /each 64 to 2048/],
  ['a size too large', { prompt: 'a', size: '1200x2049' }, /each 64 to 2048/],
  ['a field nobody knows', { card: { template: 'title', title: 'a', colour: 'red' } }, /colour/],
])('F021 save refuses %s', (_, fields, message) => {
  expect(savedWith(fields)).toEqual([expect.stringMatching(message)])
})

test.each<[object]>([
  [{ prompt: 'A lighthouse' }],
  [{ prompt: 'A lighthouse', size: '${input.size}', name: 'Lighthouse' }],
  [{ card: { template: 'chart', chart: '${input.chart}' }, size: '64x2048' }],
  [{ card: { template: 'comparison', text: '## A\n## B' } }],
])('F021 save takes %j', (fields) => {
  expect(savedWith(fields)).toEqual([])
})

test.each<[string, object, string]>([
  ['title', {}, 'a title card needs "title" or "text"'],
  ['cover', {}, 'a cover card needs "title" or "text"'],
  ['quote', { title: 'Somebody' }, 'a quote card needs "text"'],
  ['comparison', { title: 'What' }, 'a comparison card needs "text" or "chart"'],
  ['chart', { title: 'What' }, 'a chart card needs "chart"'],
  [
    'title',
    { title: 'a', chart: {} },
    'only cards of chart and comparison show a chart, this one is "title"',
  ],
])('F021 publish says what a %s card with %j lacks', (template, fields, message) => {
  expect(published({ card: { template, ...fields } }).errors).toEqual([
    expect.objectContaining({ stepId: 'pic', path: expect.stringMatching(/^steps\[0\]\.card\./), message }),
  ])
})

test('F021 a prompt without an image model stops publishing, by the names of what to set', () => {
  const { errors } = published({ prompt: 'A lighthouse' }, { images: false })
  expect(errors).toEqual([
    {
      stepId: 'pic',
      path: 'steps[0].prompt',
      message: expect.stringMatching(/OPENAI_API_KEY and OPENAI_IMAGE_MODEL.*demo model paints nothing/),
    },
  ])
  const caught = published({ prompt: 'A lighthouse', onError: 'continue' }, { images: false })
  expect(caught.errors).toEqual([])
  expect(caught.warnings).toHaveLength(1)
  expect(published({ prompt: 'A lighthouse' }, { images: true }).errors).toEqual([])
  expect(published({ card: { template: 'title', title: 'a' } }, { images: false })).toEqual({
    errors: [],
    warnings: [],
  })
})

test('F021 sizes are read with either sign between the numbers', () => {
  expect(readSize(' 1200 × 630 ')).toEqual({ width: 1200, height: 630 })
  expect(readSize('64X2048')).toEqual({ width: 64, height: 2048 })
  expect(readSize('1e3x100')).toBeUndefined()
  expect(readSize('-100x100')).toBeUndefined()
})
