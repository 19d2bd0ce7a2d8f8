import { AnswerKind, describeAnswer, readAnswer } from '../../shared/contract/answer.ts'

type Choice = Extract<AnswerKind, { type: 'choice' }>
const PLANS = [
  { value: 'solo', label: 'Solo' },
  { value: 'team', label: 'Team plan' },
  { value: 'fleet', label: 'Fleet plan, 10+ vans' },
]
const ofNames = (...names: string[]): Choice => ({
  type: 'choice',
  strict: true,
  options: names.map((name) => ({ value: name, label: name })),
})
const strict: Choice = { type: 'choice', options: PLANS, strict: true }
const free: Choice = { type: 'choice', options: PLANS }
const several: Choice = { ...strict, multiple: true }
const severalOrOwn: Choice = { ...free, multiple: true }
const read = (given: unknown, kind: Choice) => readAnswer(given, kind, '2026-11-25T09:30:00Z', 'Europe/Oslo')

describe('one option in words', () => {
  test.each<[unknown, string]>([
    ['solo', 'solo'],
    [' "FLEET" ', 'fleet'],
    ['Sólo!', 'solo'],
    ['the second one', 'team'],
    ['the second', 'team'],
    ['2', 'team'],
    ['2.', 'team'],
    ['#2', 'team'],
    ['(b)', 'team'],
    ['2nd', 'team'],
    ['two', 'team'],
    ['number two', 'team'],
    ['No. 2', 'team'],
    ['option b', 'team'],
    ['B', 'team'],
    ['a', 'solo'],
    ['first', 'solo'],
    ['the last', 'fleet'],
    ['the bottom one', 'fleet'],
    ['second to last', 'team'],
    ['the middle one', 'team'],
    [3, 'fleet'],
    ['vans', 'fleet'],
    ['the one with the vans', 'fleet'],
    ['the fleet plan', 'fleet'],
    ["I'd like the fleet plan, please", 'fleet'],
    ['let’s go with Team', 'team'],
    ['the Solo package', 'solo'],
    ['Fleet, because we have many', 'fleet'],
    ['flete', 'fleet'],
    ['tean plan', 'team'],
    [['solo'], 'solo'],
    ['all but the first two', 'fleet'],
  ])('F005 reads %j as the option %s', (given, value) => {
    expect(read(given, strict)).toEqual({ ok: true, value })
  })

  test.each<[unknown, string]>([
    [
      'plan',
      '“plan” may mean Team plan or Fleet plan, 10+ vans. Please say which one, for example “Team plan”.',
    ],
    ['fleet or solo', 'may mean Solo or Fleet plan, 10+ vans'],
    ['the first and the third', 'names more than one choice'],
    [['solo', 'team'], 'A list is not one choice'],
    ['the fifth one', 'names a place that a list of 3 does not have'],
    ['option z', 'names a place that a list of 3 does not have'],
    ['not fleet', 'is not one of the choices'],
    ['7', 'is not one of the choices'],
    [7, 'is not one of the choices'],
    ['yes', 'is not one of the choices'],
    [true, 'is not one of the choices'],
    ["I don't know", 'is not one of the choices'],
    ['skip', 'is not one of the choices'],
    ['?', 'is not one of the choices'],
    ['none', 'is not one of the choices'],
    ['', 'An empty answer is not a choice'],
    [null, 'An empty answer is not a choice'],
    [{}, 'An object is not a choice'],
    ['x'.repeat(10_001), 'is too long'],
  ])('F005 asks again after %.40j with the reason', (given, reason) => {
    expect(read(given, strict)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })

  test('F005 the reason lists the choices and gives an example', () => {
    expect(read('a very long answer '.repeat(20), strict)).toEqual({
      ok: false,
      reason:
        '“a very long answer a very long answer a very long answer a very long answer a v…” is not one of the choices. Please choose one of: Solo; Team plan; Fleet plan, 10+ vans, for example “Solo” or “the first one”.',
    })
  })

  test('F005 the reason lists at most ten choices', () => {
    const many = ofNames(...Array.from({ length: 12 }, (_, index) => `Choice ${index + 1}`))
    expect(read('?', many)).toHaveProperty(
      'reason',
      expect.stringContaining('Choice 10 … (2 more), for example'),
    )
  })

  test.each<[string, Choice, string]>([
    ['1', ofNames('3', '2', '1'), '1'],
    ['the first one', ofNames('3', '2', '1'), '3'],
    ['5', ofNames('2 pages', '5 pages'), '5 pages'],
    ['C', ofNames('C', 'C++', 'C#'), 'C'],
    ['c++', ofNames('C', 'C++', 'C#'), 'C++'],
    ['fleet', ofNames('Fleet', 'Fleet Plus'), 'Fleet'],
    ['the fleet plus plan', ofNames('Fleet', 'Fleet Plus'), 'Fleet Plus'],
    ['research & development', ofNames('Sales', 'Research and development'), 'Research and development'],
    ['oslo', ofNames('Oslo, Norway', 'Bergen, Norway'), 'Oslo, Norway'],
    ['__proto__', ofNames('a', '__proto__'), '__proto__'],
    ['smorbrod', ofNames('Smørbrød', 'Pølse'), 'Smørbrød'],
  ])('F005 a name goes before a place: "%s"', (words, kind, value) => {
    expect(read(words, kind)).toEqual({ ok: true, value })
  })

  test.each<[string, Choice]>([
    ['constructor', strict],
    ['unavailable', ofNames('available', 'sold out')],
    ['Plan 2027', ofNames('Plan 2025', 'Plan 2026')],
    ['2', ofNames('2 pages', '5 pages')],
    ['first', ofNames('Economy', 'First class')],
  ])('F005 does not guess "%s"', (words, kind) => {
    expect(read(words, kind).ok).toBe(false)
  })

  const confirm: Choice = {
    type: 'choice',
    strict: true,
    options: [
      { value: 'yes', label: 'Yes, send it' },
      { value: 'no', label: 'No' },
    ],
  }
  test.each<[unknown, string]>([
    ['yep', 'yes'],
    ['sure', 'yes'],
    ['y', 'yes'],
    ['of course', 'yes'],
    [true, 'yes'],
    ['nope', 'no'],
    ['no thanks', 'no'],
    [false, 'no'],
  ])('F005 reads %j as %s where yes and no are options', (given, value) => {
    expect(read(given, confirm)).toEqual({ ok: true, value })
  })

  test.each<[unknown, string]>([
    ['the second one', 'team'],
    ['Something with lasers ', 'Something with lasers'],
    ['fleet insurance', 'fleet insurance'],
    ['we tried fleet before and hated it', 'we tried fleet before and hated it'],
    ['Team, but with a twist', 'Team, but with a twist'],
    ['a plan, with trailers', 'a plan, with trailers'],
    ['not fleet', 'not fleet'],
    ['7', '7'],
  ])('F005 without strict %j gives "%s"', (given, value) => {
    expect(read(given, free)).toEqual({ ok: true, value })
  })
})

describe('several options', () => {
  test.each<[unknown, string[]]>([
    ['the first and the third', ['solo', 'fleet']],
    ["I'd like the first and the third, please", ['solo', 'fleet']],
    ['fleet, solo, fleet', ['solo', 'fleet']],
    ['1, 3', ['solo', 'fleet']],
    ['1 3', ['solo', 'fleet']],
    ['A and C', ['solo', 'fleet']],
    ['options 1 and 3', ['solo', 'fleet']],
    ['solo\nfleet', ['solo', 'fleet']],
    ['fleet & team', ['team', 'fleet']],
    ['first, second and last one', ['solo', 'team', 'fleet']],
    ['Fleet plan, 10+ vans', ['fleet']],
    ['1-2', ['solo', 'team']],
    ['the first two', ['solo', 'team']],
    ['last two', ['team', 'fleet']],
    ['all', ['solo', 'team', 'fleet']],
    ['all of them', ['solo', 'team', 'fleet']],
    ['all three', ['solo', 'team', 'fleet']],
    ['all but the second', ['solo', 'fleet']],
    ['everything except Solo', ['team', 'fleet']],
    ['all except the first and the last', ['team']],
    [
      ['fleet', 'solo', 'fleet'],
      ['solo', 'fleet'],
    ],
    [
      ['the first', 3],
      ['solo', 'fleet'],
    ],
    ['the second', ['team']],
  ])('F007 reads %j as %j', (given, value) => {
    expect(read(given, several)).toEqual({ ok: true, value })
  })

  test.each<[unknown, string]>([
    ['both', '“both” does not fit a list of 3'],
    ['all four', '“all four” does not fit a list of 3'],
    ['none', '“none” is not one of the choices'],
    ['solo and lasers', '“lasers” is not one of the choices'],
    ['plan and solo', '“plan” may mean Team plan or Fleet plan, 10+ vans'],
    ['everything but 1, 2 and 3', 'leaves no choice'],
    [[], 'An empty list is not a choice'],
    [[''], 'An empty answer is not a choice'],
    [[{}], 'A list is not a choice'],
    [['lasers'], '“lasers” is not one of the choices'],
    [Array(201).fill('solo'), 'A list has 201 items'],
  ])('F007 asks again after %.60j with the reason', (given, reason) => {
    expect(read(given, several)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })

  test('F007 "none" is an option where one says so, "both" where there are two', () => {
    const extras: Choice = { ...ofNames('Nuts', 'Milk', 'None of these'), multiple: true }
    expect(read('none', extras)).toEqual({ ok: true, value: ['None of these'] })
    expect(read('both', { ...ofNames('Nuts', 'Milk'), multiple: true })).toEqual({
      ok: true,
      value: ['Nuts', 'Milk'],
    })
  })

  test('F007 names with commas and "and" stay whole', () => {
    const kind: Choice = { ...ofNames('C#', 'Research and development', 'Oslo, Norway'), multiple: true }
    expect(read('Oslo, Norway, research and development and C#', kind)).toEqual({
      ok: true,
      value: ['C#', 'Research and development', 'Oslo, Norway'],
    })
  })

  test.each<[unknown, string[]]>([
    ['solo and lasers', ['solo', 'lasers']],
    ['lasers, mirrors', ['lasers, mirrors']],
    ['none', ['none']],
    [
      ['lasers', 'solo', 'lasers'],
      ['solo', 'lasers'],
    ],
  ])('F007 without strict %j gives %j', (given, value) => {
    expect(read(given, severalOrOwn)).toEqual({ ok: true, value })
  })
})

test('F007 echoes the labels that were chosen', () => {
  expect(describeAnswer('team', strict, 'UTC')).toBe('Team plan')
  expect(describeAnswer(['solo', 'team', 'lasers'], severalOrOwn, 'UTC')).toBe('Solo, Team plan, lasers')
})

test('refuses two options with one value', () => {
  const parsed = AnswerKind.safeParse({ ...strict, options: [...PLANS, { value: 'solo', label: 'Alone' }] })
  expect(parsed.error?.issues[0]?.message).toBe('Two options have the value "solo"; each needs its own.')
})
