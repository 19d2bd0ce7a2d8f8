import type { z } from 'zod'
import { type InputProblem, Refusal } from '../shared/contract/errors.ts'
import { toldApart } from '../shared/contract/told-apart.ts'

type Issue = z.core.$ZodIssue

/** The wrong JSON type, or text that is not of its format; a missing field and everything else is a rule's refusal. */
function isMalformed(issue: Issue): boolean {
  if (issue.code === 'invalid_type') return issue.input !== undefined
  if (issue.code === 'invalid_format') return issue.format !== 'regex'
  if (issue.code === 'invalid_value')
    return issue.input !== undefined && issue.values.every((value) => typeof value !== typeof issue.input)
  if (issue.code === 'invalid_union')
    return (
      issue.errors.length > 0 &&
      issue.errors.every((branch) => branch.some((inner) => inner.path.length === 0 && isMalformed(inner)))
    )
  return false
}

const problemOf = (issue: Issue): InputProblem => ({
  path: issue.path.reduce<string>(
    (path, key) => path + (typeof key === 'number' ? `[${key}]` : path ? `.${String(key)}` : String(key)),
    '',
  ),
  message: issue.message,
})

/** Parses one part of a request. `always` is the code for faults of any kind where that part has just one. */
export function parsePart<S extends z.ZodType>(schema: S, given: unknown, always?: 'Malformed'): z.output<S> {
  const parsed = schema.safeParse(given, { reportInput: true })
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues
  const code = always ?? (issues.some(isMalformed) ? 'Malformed' : 'Invalid')
  const problems = issues.flatMap(toldApart).slice(0, 100).map(problemOf)
  const first = problems[0] as InputProblem
  const isId = first.message.startsWith('Invalid UUID string')
  throw new Refusal(code, isId || !first.path ? first.message : `${first.path}: ${first.message}`, {
    problems,
  })
}
