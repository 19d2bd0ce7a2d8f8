import { readFileSync } from 'node:fs'
import { checkDefinition } from '../shared/contract/check-definition.ts'
import { parseDefinition } from '../shared/contract/definition.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

it('the definition in the README is the example, and can be published', () => {
  const shown = /```json\n([\s\S]*?)```/.exec(read('README.md'))?.[1]
  expect(shown).toBe(read('examples/meeting-brief/definition.json'))
  const parsed = parseDefinition(JSON.parse(shown ?? ''))
  expect(parsed).toMatchObject({ ok: true })
  if (parsed.ok) expect(checkDefinition(parsed.definition).errors).toEqual([])
})

it.each(['README.md', 'docs/operations.md', 'docs/build-a-workflow.md', 'docs/conversations.md'])(
  'every link of %s leads to a file',
  (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(
      ([, link]) => new URL(link as string, new URL(`../${path}`, import.meta.url)),
    )
    for (const link of links) expect(() => readFileSync(link)).not.toThrow(/ENOENT/)
  },
)
