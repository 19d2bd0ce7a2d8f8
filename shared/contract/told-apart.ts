import type { z } from 'zod'
import { noShapeFits } from './issue-words.ts'

type Issue = z.core.$ZodIssue

/** That none of the shapes fits tells nobody anything: the shape that was meant says what is wrong with it. */
export function toldApart(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.message !== noShapeFits || issue.errors.length === 0)
    return [issue]
  const shapes = issue.errors.map((errors) => errors.flatMap(toldApart))
  const isMeant = (errors: Issue[]) =>
    errors.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys' || code === 'custom')
  const isOfType = (errors: Issue[]) =>
    !errors.some(({ path, code }) => path.length === 0 && code === 'invalid_type')
  const ofType = shapes.filter(isOfType)
  const meant = shapes.find(isMeant) ?? (ofType.length === 1 ? ofType[0] : undefined)
  if (meant) return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }))
  const messages = new Set(shapes.flat().map((inner) => inner.message))
  return [{ ...issue, message: [...messages].join(', or: ') }]
}
