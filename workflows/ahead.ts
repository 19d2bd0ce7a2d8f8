import { keyOf, templatesOf } from '../shared/contract/check-definition.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { AheadCall, NextOutcome, StepCall } from '../shared/contract/step-call.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'
import { rootsIn } from '../shared/contract/template.ts'
import { bytesOf } from '../shared/temporal/payload-size.ts'
import type { Closing } from './tail.ts'

/** Bytes of all that is foreseen for one step: it goes into history, also what does not come to pass. */
const mostForeseen = 24_000

/** What a step will ask its activity for when it comes to it, with the end of the pass that the activity would tell of. */
export interface Foreseen {
  call: StepCall<AnyStep, Json>
  closing: Closing | undefined
}

/** A way on from a step: what it gives, and the arm that is walked then. */
export interface WayOn {
  gives: Json
  arm: string
  steps: AnyStep[]
}

/**
 * Whether the first step behind another one can be foreseen: nothing in it hangs on what that one gives, and both are
 * tried again in the same way, since one activity will do them.
 */
export function mayBeForeseen(next: AnyStep | undefined, from: AnyStep): next is AnyStep {
  if (!next || stepKindOf(next.type)?.foreseeable !== true) return false
  if (next.when !== undefined || next.timeout !== undefined) return false
  if (JSON.stringify(next.retry) !== JSON.stringify(from.retry)) return false
  const named = rootsIn(templatesOf(next).map(([, value]) => value))
  const beside = stepKindOf(next.type)?.names?.(next) ?? []
  return beside !== 'everything' && !named.has(keyOf(from)) && !beside.includes(keyOf(from))
}

/** What goes along with a step's call, where it is small enough. */
export function aheadOf(foreseen: ReadonlyMap<string, Foreseen>): Record<string, AheadCall> | undefined {
  const ahead = Object.fromEntries(
    [...foreseen].map(
      ([
        name,
        {
          call: { run: _, ...call },
        },
      ]) => [name, call satisfies AheadCall],
    ),
  )
  return foreseen.size > 0 && bytesOf(ahead) <= mostForeseen ? ahead : undefined
}

export interface Arrived {
  foreseen: Foreseen
  next: NextOutcome
}

/**
 * What came of steps that were done before the walk is there. It is lost with an execution: the next one asks again, and
 * is given what is stored.
 */
export class Arrivals {
  private readonly came = new Map<string, Arrived>()

  put(arrived: Arrived): void {
    this.came.set(placeOf(arrived.foreseen.call), arrived)
  }

  take(call: { path: string; ordinal: number }): Arrived | undefined {
    const place = placeOf(call)
    const found = this.came.get(place)
    this.came.delete(place)
    return found
  }
}

const placeOf = ({ path, ordinal }: { path: string; ordinal: number }) => `${path}#${ordinal}`
