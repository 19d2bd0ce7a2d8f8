import type { Context } from '@temporalio/activity'
import type { MetricMeter } from '@temporalio/common'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { isObject } from '../shared/contract/json.ts'
import type { Logger } from '../shared/log.ts'
import { kindOf } from '../shared/temporal/failure.ts'
import { idsOf } from './install-runtime.ts'

/** Counts and times every attempt of an activity, and logs it under the run and step it belongs to. */
export function watchActivities({
  meter,
  log,
}: {
  meter: MetricMeter
  log: Logger
}): ActivityInterceptorsFactory {
  const attempts = meter.createCounter(
    'parley_activity_attempts',
    undefined,
    'Attempts of activities, by outcome',
  )
  const retries = meter.createCounter('parley_activity_retries', undefined, 'Attempts after the first')
  const seconds = meter.createHistogram(
    'parley_activity_duration',
    'float',
    'seconds',
    'How long attempts of activities took',
  )
  return (context) => ({
    inbound: {
      execute: async (input, next) => {
        const { activityType: activity, attempt } = context.info
        const began = performance.now()
        const over = (outcome: string, level: 'debug' | 'warn') => {
          const took = (performance.now() - began) / 1_000
          attempts.add(1, { activity, outcome })
          seconds.record(took, { activity, outcome })
          log[level](
            { ...placeOf(context, input.args), activity, attempt, outcome, seconds: Number(took.toFixed(3)) },
            'an attempt of an activity is over',
          )
        }
        if (attempt > 1) retries.add(1, { activity })
        try {
          const given = await next(input)
          over('ok', 'debug')
          return given
        } catch (error) {
          if (context.cancellationSignal.aborted) over('cancelled', 'debug')
          else over(kindOf(error)?.code ?? 'Unforeseen', 'warn')
          throw error
        }
      },
    },
  })
}

/** The run and step that an activity was called for. */
function placeOf({ info }: Context, [call]: unknown[]): Record<string, unknown> {
  const ids = idsOf(info.workflowExecution?.workflowId)
  if (!isObject(call)) return ids
  const { step, path } = call as { step?: { id?: string; type?: string }; path?: string }
  return {
    ...ids,
    ...(step?.id ? { stepId: step.id, stepType: step.type } : {}),
    ...(path ? { path } : {}),
  }
}
