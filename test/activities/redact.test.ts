import { createRedactor } from '../../activities/providers/tools/redact.ts'

const value = 'p@ss wörd/+"1\\2'
const redactor = createRedactor([{ value, shown: '[secret key]' }])
const bytes = Buffer.from(value)

it.each([
  ['plain', value],
  ['base64', bytes.toString('base64')],
  ['base64 without padding', bytes.toString('base64').replace(/=+$/, '')],
  ['base64url', bytes.toString('base64url')],
  ['base64 behind one byte', Buffer.from(`:${value}`).toString('base64')],
  ['base64 behind two', Buffer.from(`u:${value}`).toString('base64')],
  ['base64 behind a user name', Buffer.from(`user:${value}:and more`).toString('base64')],
  ['hex', bytes.toString('hex')],
  ['HEX', bytes.toString('hex').toUpperCase()],
  ['URL-encoded', encodeURIComponent(value)],
  ['url-encoded', encodeURIComponent(value).toLowerCase()],
  ['form-encoded', new URLSearchParams({ a: value }).toString()],
  ['inside JSON', JSON.stringify({ a: value })],
])('F020 a value is taken out %s', (_, form) => {
  const clean = redactor.text(`before ${form} after ${form}`)
  expect(clean).toContain('[secret key]')
  expect(clean).toMatch(/^before .* after /)
  // Nothing of it is left that could be read back.
  for (const part of [value, 'wörd', encodeURIComponent(value), bytes.toString('hex')])
    expect(clean.toLowerCase()).not.toContain(part.toLowerCase())
  expect(Buffer.from(clean.match(/before (\S*)/)?.[1] ?? '', 'base64').toString()).not.toContain('wörd')
})

it('F020 it is taken out of keys, of lists and of numbers, wherever they are', () => {
  const number = createRedactor([{ value: '1234567890', shown: '[secret pin]' }])
  expect(
    number.json({ a: [1234567890, { k1234567890: 'x1234567890y' }], b: 12345, c: null, d: true }),
  ).toEqual({
    a: ['[secret pin]', { 'k[secret pin]': 'x[secret pin]y' }],
    b: 12345,
    c: null,
    d: true,
  })
})

it('F020 one secret that holds another one is taken out whole', () => {
  const both = createRedactor([
    { value: 'hunter22', shown: '[secret a]' },
    { value: 'hunter22-and-more', shown: '[secret b]' },
  ])
  expect(both.text('hunter22-and-more, hunter22')).toBe('[secret b], [secret a]')
})

it('F020 text without secrets stays as it is', () => {
  expect(redactor.text('İstanbul, password, pass')).toBe('İstanbul, password, pass')
  expect(createRedactor([]).json({ a: 'x' })).toEqual({ a: 'x' })
})
