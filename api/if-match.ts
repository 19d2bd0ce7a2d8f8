import type { Request } from 'express'
import { Refusal } from '../shared/contract/errors.ts'
import type { IfMatch } from '../storage/sql/if-match.ts'

/** `If-Match` as revisions. An ETag that is none of ours matches nothing. @throws Refusal `Malformed` */
export function ifMatchOf(req: Pick<Request, 'headers'>): IfMatch {
  const given = req.headers['if-match']
  if (given === undefined || given.trim() === '*') return 'any'
  const tags = given.split(',').map((tag) => tag.trim())
  if (!tags.every((tag) => /^(W\/)?"[^"]*"$/.test(tag)))
    throw new Refusal('Malformed', 'If-Match: an ETag such as "3", or *')
  return tags.flatMap((tag) => (/^"\d{1,9}"$/.test(tag) ? [Number(tag.slice(1, -1))] : []))
}
