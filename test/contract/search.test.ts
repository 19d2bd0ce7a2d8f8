import type { AppWorld } from '../../shared/contract/app-world.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'

const parse = (search: object) =>
  parseDefinition({
    name: 'W',
    type: 'output_focused',
    steps: [
      { id: 'found', type: 'search', ...search },
      { id: 'done', type: 'end', output: '${found}' },
    ],
  })

function findings(search: object, world?: AppWorld) {
  const parsed = parse(search)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return checkDefinition(parsed.definition, world)
}

it('F020 a search can be published; nothing is said where it is not known whether there is a provider', () => {
  const clean = { errors: [], warnings: [] }
  expect(findings({ query: 'ferries in ${input.country}' })).toEqual(clean)
  expect(findings({ query: 'q', count: 20, pages: 10 }, { search: true })).toEqual(clean)
})

it.each<[object, RegExp]>([
  [{}, /query/],
  [{ query: '  ' }, /must not be empty/],
  [{ query: '${' }, /not closed/],
  [{ query: 'q', count: 0 }, /count/],
  [{ query: 'q', count: 21 }, /count/],
  [{ query: 'q', count: 2.5 }, /count/],
  [{ query: 'q', pages: -1 }, /pages/],
  [{ query: 'q', pages: 11 }, /pages/],
  [{ query: 'q', engine: 'x' }, /engine/],
])('F020 a search is refused at save when it is %j', (search, words) => {
  const parsed = parse(search)
  expect(parsed.ok).toBe(false)
  expect(JSON.stringify(parsed)).toMatch(words)
})

describe('F020 without a provider', () => {
  const problem = {
    stepId: 'found',
    path: 'steps[0].type',
    message:
      'web search is not configured: set SEARXNG_URL, BRAVE_API_KEY or TAVILY_API_KEY, then start Parley again',
  }

  it('a search cannot be published', () => {
    expect(findings({ query: 'q' }, { search: false })).toEqual({ errors: [problem], warnings: [] })
    expect(findings({ query: 'q', onError: 'fail' }, { search: false }).errors).toEqual([problem])
  })

  it.each([['continue'], [{ steps: [{ id: 'sorry', type: 'message', text: 'No search.' }] }]])(
    'one that may fail can, with a warning: onError %j',
    (onError) => {
      const { errors, warnings } = findings({ query: 'q', onError, id: 'found' }, { search: false })
      expect(warnings).toEqual([problem])
      // What follows names the result of a step that may have none: that is another problem.
      expect(errors.map(({ path }) => path)).toEqual(['steps[1].output'])
    },
  )
})
