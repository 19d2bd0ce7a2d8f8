import fc from 'fast-check'
import { AnswerKind, describeAnswer, readAnswer, readFileAnswer } from '../../shared/contract/answer.ts'
import type { FileValue } from '../../shared/contract/file.ts'

const NOW = '2026-11-25T09:30:00Z'
const read = (given: unknown, kind: AnswerKind) => readAnswer(given, kind, NOW, 'Europe/Oslo')
const reason = (text: string) => ({ ok: false, reason: expect.stringContaining(text) })

describe('text', () => {
  const short: AnswerKind = { type: 'text', minLength: 2, maxLength: 4 }

  test('F005 text is taken as it is, trimmed and fit to be stored', () => {
    expect(read('  next Friday\n', { type: 'text' })).toEqual({ ok: true, value: 'next Friday' })
    expect(read('a\u0000b\ud800', { type: 'text' })).toEqual({ ok: true, value: 'ab\ufffd' })
  })

  test('F005 lengths count characters as people see them, not their halves', () => {
    expect(read('🙂🙂🙂🙂', short).ok).toBe(true)
    expect(read('🙂', short)).toEqual(reason('has 1 character. Please write at least 2 characters'))
    expect(read('hello', short)).toEqual(reason('has 5 characters. Please write at most 4 characters'))
  })

  test('F005 an empty text is asked again unless nothing is asked', () => {
    expect(read(' ', { type: 'text' })).toEqual(reason('An empty answer says nothing yet'))
    expect(read(' ', { type: 'text', minLength: 0 })).toEqual({ ok: true, value: '' })
  })

  test.each([[12], [true], [null], [['a']], [{}]])('F005 %j is not text', (given) => {
    expect(read(given, { type: 'text' })).toEqual(reason('is not text'))
  })
})

describe('files', () => {
  const ID = '0196f0a0-0000-7000-8000-000000000001'
  const OTHER = '0196f0a0-0000-7000-8000-000000000002'
  const notes: FileValue = { fileId: ID, name: 'Notes.PDF', mediaType: 'application/pdf', bytes: 2_500_000 }
  const kind = { type: 'file', accept: ['.pdf', '.docx'], maxFiles: 2, maxBytes: 3_000_000 } as const

  test('F006 takes files whose ending, size and number fit, each once', () => {
    expect(readFileAnswer([notes, notes], { ...kind, accept: ['.pdf'] })).toEqual({
      ok: true,
      value: [notes],
    })
    expect(read([notes], { ...kind, accept: ['.pdf'] })).toEqual({ ok: true, value: [notes] })
    expect(read(notes, { type: 'file' })).toEqual({ ok: true, value: [notes] })
    expect(read({ fileIds: [ID, ID] }, { type: 'file' })).toEqual({ ok: true, value: { fileIds: [ID] } })
  })

  test.each<[string, unknown, AnswerKind, string]>([
    ['none', [], { type: 'file' }, 'No file came. Please upload one file, for example “notes.pdf”.'],
    ['no ids', { fileIds: [] }, { type: 'file' }, 'No file came'],
    ['bad ids', { fileIds: ['x'] }, { type: 'file' }, 'not ids of uploads'],
    ['too many', { fileIds: [ID, OTHER] }, { type: 'file' }, '2 files came'],
    ['words', 'here it is', { type: 'file' }, '“here it is” is not a file'],
    [
      'type',
      [notes],
      { type: 'file', accept: ['.docx'] },
      '“Notes.PDF” is not of a type this question takes',
    ],
    [
      'size',
      [notes],
      { type: 'file', maxBytes: 1_000_000 },
      'has 2.5 MB. Please upload files of at most 1 MB',
    ],
  ])('F006 refuses %s with the reason', (_, given, asked, text) => {
    expect(read(given, asked)).toEqual(reason(text))
  })

  test('F006 echoes the names', () => {
    expect(describeAnswer([notes], kind as unknown as AnswerKind, 'UTC')).toBe('Notes.PDF')
  })
})

describe('the kinds', () => {
  test.each([
    [{ type: 'text', minLength: 5, maxLength: 4 }, 'maxLength (4) must be at least minLength (5).'],
    [{ type: 'number', min: 5, max: 4 }, 'max (4) must be at least min (5).'],
    [{ type: 'number', min: 0.2, max: 0.8, integer: true }, 'There is no whole number from 0.2 to 0.8.'],
    [{ type: 'choice', options: [] }, 'must not be empty'],
    [{ type: 'file', accept: ['pdf'] }, 'Write an ending with its dot'],
    [{ type: 'text', unknown: 1 }, '"unknown" is not known here'],
    [{ type: 'colour' }, 'must be one of "text", "number"'],
  ])('refuses %j', (kind, message) => {
    expect(
      AnswerKind.safeParse(kind)
        .error?.issues.map((issue) => issue.message)
        .join(),
    ).toContain(message)
  })
})

/** Words near what people say, so that the readers get beyond their first line. */
const said = fc
  .array(
    fc.constantFrom(
      ...'the a first second 2 3rd last one all but except and , or - . : / none both friday next week in days from of march 28 2026 at 3 pm half past noon million k twenty hundred point 1,234.5 yes solo team plan fleet option b not Ω 🙂 \u0000 "'.split(
        ' ',
      ),
    ),
    { maxLength: 8 },
  )
  .map((words) => words.join(' '))
const anything = fc.oneof(
  said,
  said,
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
  fc.array(said, { maxLength: 4 }),
)
const text = fc
  .oneof(said, fc.string({ unit: 'binary' }))
  .filter((label) => label !== '' && label.length <= 200)

const kind: fc.Arbitrary<AnswerKind> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), minLength: fc.nat(3), maxLength: fc.nat({ max: 40 }) }),
  fc.record(
    { type: fc.constant('number' as const), min: fc.integer(), max: fc.integer(), integer: fc.boolean() },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    { type: fc.constant('date' as const), min: fc.constant('2026-11-26'), time: fc.boolean() },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    {
      type: fc.constant('choice' as const),
      options: fc.uniqueArray(fc.record({ value: text, label: text }), {
        selector: ({ value }) => value,
        minLength: 1,
        maxLength: 6,
      }),
      multiple: fc.boolean(),
      strict: fc.boolean(),
    },
    { requiredKeys: ['type', 'options'] },
  ),
  fc.constant({ type: 'file' as const }),
  fc.constantFrom<AnswerKind[]>(
    { type: 'form' as const, schema: {} },
    {
      type: 'form' as const,
      schema: {
        type: 'object',
        required: ['a'],
        properties: {
          a: { type: 'number', minimum: 1 },
          b: { enum: ['yes', '', 3, null] },
          second: { type: 'string', format: 'date', default: 'today' },
          plan: { type: 'array', items: { type: ['integer', 'null'] } },
        },
      },
    },
    { type: 'form' as const, schema: { type: 'object', properties: { only: { type: 'boolean' } } } },
  ),
)
const zone = fc.constantFrom(
  'Europe/Oslo',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'Africa/Monrovia',
)
const now = fc.date({ min: new Date('1960-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })

test('F005 whatever comes, an answer is read or refused with a reason, and reads as itself again', () => {
  fc.assert(
    fc.property(anything, kind, zone, now, (given, asked, timeZone, at) => {
      const reading = readAnswer(given, asked, at.toISOString(), timeZone)
      if (!reading.ok) {
        expect(reading.reason).toMatch(/^\S[\s\S]+\.$/)
        return
      }
      expect(readAnswer(reading.value, asked, at.toISOString(), timeZone)).toEqual(reading)
      expect(typeof describeAnswer(reading.value, asked, timeZone)).toBe('string')
    }),
    { numRuns: 5_000 },
  )
})

test('F005 a value of the options is always that option', () => {
  fc.assert(
    fc.property(kind, (asked) => {
      if (asked.type !== 'choice') return
      const last = asked.options.at(-1)?.value ?? ''
      expect(read(last, asked)).toEqual({ ok: true, value: asked.multiple ? [last] : last })
    }),
    { numRuns: 1_000 },
  )
})

test('F005 an echoed date or time reads as the same date', () => {
  fc.assert(
    fc.property(now, zone, fc.boolean(), (at, timeZone, time) => {
      const asked: AnswerKind = { type: 'date', time }
      const value = readAnswer(at.toISOString().replace(/:\d\d\.\d+Z/, ':00Z'), asked, NOW, timeZone)
      if (!value.ok) throw new Error(value.reason)
      const echoed = readAnswer(describeAnswer(value.value, asked, timeZone), asked, NOW, timeZone)
      // An hour that comes twice in autumn is echoed without saying which; its day and clock stay.
      const local = (read: typeof echoed) => (read.ok ? String(read.value).slice(0, 16) : read.reason)
      expect(local(echoed)).toBe(local(value))
    }),
    { numRuns: 1_000 },
  )
})

test.each([
  '1 234'.padEnd(9_999, ' 234'),
  'a,'.repeat(5_000),
  `all${' '.repeat(9_990)}x`,
  'the '.repeat(2_500),
  '"'.repeat(10_000),
])('reading %.10j… 10,000 characters long takes no time that a workflow task would notice', (words) => {
  const options = Array.from({ length: 200 }, (_, index) => ({
    value: `v${index}`,
    label: `Label ${index} ${'y'.repeat(150)}`,
  }))
  const started = performance.now()
  for (const multiple of [true, false]) read(words, { type: 'choice', options, multiple })
  for (const type of ['number', 'date'] as const) read(words, { type })
  expect(performance.now() - started).toBeLessThan(1_000)
})
