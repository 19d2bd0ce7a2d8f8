import { z } from 'zod'
import { toldApart } from '../../shared/contract/told-apart.ts'

const said = (schema: z.ZodType, value: unknown): string[] =>
  schema
    .safeParse(value)
    .error?.issues.flatMap(toldApart)
    .map(({ message }) => message) ?? []

it.each<[z.ZodType, unknown, string]>([
  [z.string(), 5, 'must be text, but a number came'],
  [z.string(), undefined, 'is needed, and must be text'],
  [z.number(), null, 'must be a number, but null came'],
  [z.number(), Number.NaN, 'must be a number, but no number came'],
  [z.int(), 1.5, 'must be a whole number, but a number came'],
  [z.boolean(), 'yes', 'must be true or false, but text came'],
  [z.array(z.string()), {}, 'must be a list, but an object came'],
  [z.object({}), [], 'must be an object, but a list came'],
  [z.record(z.string(), z.string()), true, 'must be an object, but true came'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().min(3), 'ab', 'must have at least 3 characters, and has 2'],
  [z.string().max(1), 'ab', 'must have at most 1 character, and has 2'],
  [z.string().length(2), 'abc', 'must have exactly 2 characters, and has 3'],
  [z.array(z.number()).min(1), [], 'must not be empty'],
  [z.array(z.number()).max(2), [1, 2, 3], 'must have at most 2 items, and has 3'],
  [z.number().min(1), 0, 'must be at least 1, and is 0'],
  [z.number().max(100), 1000, 'must be at most 100, and is 1000'],
  [z.number().positive(), 0, 'must be more than 0, and is 0'],
  [z.number().lt(5), 5, 'must be less than 5, and is 5'],
  [z.number().multipleOf(5), 7, 'must be a multiple of 5, and is 7'],
  [z.guid(), 'x', 'Invalid UUID string: x'],
  [z.uuid(), 'x', 'Invalid UUID string: x'],
  [z.iso.datetime(), 'x', 'must be a time such as 2026-03-01T09:30:00Z'],
  [z.email(), 'x', 'must be an e-mail address'],
  [z.string().regex(/^a$/), 'b', 'must match the pattern /^a$/'],
  [z.enum(['run', 'session']), 'runs', 'must be one of "run", "session", but "runs" came'],
  [z.enum(['run', 'session']), undefined, 'is needed, and must be one of "run", "session"'],
  [z.literal('run'), 5, 'must be "run", but a number came'],
  [z.strictObject({}), { a: 1 }, '"a" is not known here: check the spelling, or leave it out'],
  [z.strictObject({}), { a: 1, b: 2 }, '"a", "b" are not known here: check the spelling, or leave it out'],
  [
    z.discriminatedUnion('type', [z.object({ type: z.literal('a') }), z.object({ type: z.literal('b') })]),
    { type: 'c' },
    'must be one of "a", "b", but "c" came',
  ],
  [
    z.union([z.string(), z.number()]),
    true,
    'must be text, but true came, or: must be a number, but true came',
  ],
  [
    z.record(z.string().max(1), z.string()),
    { ab: '' },
    'has a name that does not fit: must have at most 1 character, and has 2',
  ],
  [z.string().refine(() => false), 'x', 'does not fit'],
])('what does not fit is said in our words: case %#', (schema, value, words) => {
  expect(said(schema, value)).toEqual([words])
})

it('a schema’s own words stay', () => {
  expect(said(z.string().min(1, 'must say something'), '')).toEqual(['must say something'])
})

it('what may be a secret is not repeated', () => {
  for (const schema of [z.number(), z.string().max(3), z.string().regex(/^a$/), z.email(), z.iso.datetime()])
    expect(said(schema, 'secret').join()).not.toContain('secret')
})
