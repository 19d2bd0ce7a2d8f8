import { Refusal } from '../../shared/contract/errors.ts'

/** What a save may replace: whatever is there, or one of these revisions. */
export type IfMatch = 'any' | number[]

/** @throws Refusal `Stale` when what was read is not what is there any more */
export function mustMatch(revision: number, ifMatch: IfMatch, what: string): void {
  if (ifMatch !== 'any' && !ifMatch.includes(revision))
    throw new Refusal(
      'Stale',
      `the ${what} was saved by somebody else in the meantime: read it again, then save`,
    )
}
