import { AnswerKind, readAnswer } from '../../shared/contract/answer.ts'
import { mayHoldText } from '../../shared/contract/file.ts'

const now = '2026-11-21T09:00:00Z'
const read = (given: unknown, kind: AnswerKind) => readAnswer(given, kind, now, 'Europe/Oslo')

it('F005 a date may be limited to today and later: "yesterday" is asked again', () => {
  const kind = AnswerKind.parse({ type: 'date', min: 'today' })
  expect(read('today', kind)).toEqual({ ok: true, value: '2026-11-21' })
  expect(read('next Friday', kind)).toEqual({ ok: true, value: '2026-11-27' })
  expect(read('yesterday', kind)).toMatchObject({ ok: false, reason: expect.stringContaining('early') })
})

it.each([
  ['ingrid@halvorsen.example', true],
  [' ingrid@halvorsen.example ', true],
  ['banana', false],
  ['a@b, c@d', false],
  ['Ingrid <ingrid@halvorsen.example>', false],
  ['x@y\nBcc: z@w', false],
])('F005 %j as an e-mail address: %s', (given, ok) => {
  expect(read(given, AnswerKind.parse({ type: 'text', format: 'email' })).ok).toBe(ok)
})

it.each([
  ['picture.png', 'image/png', false],
  ['picture.pdf', 'image/png', true],
  ['notes.md', 'text/markdown', true],
  ['film.mp4', 'video/mp4', false],
])('F006 %s of type %s is read for its text: %s', (name, mediaType, expected) => {
  expect(mayHoldText({ name, mediaType })).toBe(expected)
})
