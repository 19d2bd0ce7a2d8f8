import type { MetricMeter } from '@temporalio/common'
import type { Deps } from '../activities/deps.ts'
import { kindOf } from '../shared/temporal/failure.ts'
import type { Tracing } from '../shared/tracing.ts'

/** Our own work and its places; what stands beside these in `Deps` is an outside ability. */
const ours = new Set<string>(['db', 'assets', 'documents', 'cards', 'prices'])

/** A definition may name any model: so many are told apart, the others are one. */
const mostModels = 50

interface Watch {
  meter: MetricMeter
  tracing: Tracing | undefined
}

/** Counts, times and traces every call of a provider. Adding a provider needs nothing here. */
export function watchProviders(deps: Deps, watch: Watch): Deps {
  const call = createCall(watch)
  const watched = Object.entries(deps)
    .filter(([name, port]) => !ours.has(name) && (isPort(port) || typeof port === 'function'))
    .map(([name, port]) => [
      name,
      typeof port === 'function' ? call(name, 'call', port) : portOf(name, port, call),
    ])
  return { ...deps, ...Object.fromEntries(watched) }
}

const isPort = (port: unknown): port is object =>
  typeof port === 'object' && port !== null && !Array.isArray(port) && !(port instanceof Map)

// biome-ignore lint/complexity/noBannedTypes: a port's method, whatever it takes
type Method = Function
type Call = (provider: string, operation: string, method: Method, port?: object) => Method

const portOf = (provider: string, port: object, call: Call): object =>
  new Proxy(port, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name, target)
      return typeof found === 'function' && typeof name === 'string'
        ? call(provider, name, found, target)
        : found
    },
  })

interface Spent {
  model?: unknown
  tokensIn?: unknown
  tokensOut?: unknown
}

function createCall({ meter, tracing }: Watch): Call {
  const calls = meter.createCounter('parley_provider_calls', undefined, 'Calls of providers, by outcome')
  const tokens = meter.createCounter('parley_model_tokens', undefined, 'Tokens in prompts and answers')
  const seconds = meter.createHistogram(
    'parley_provider_call_duration',
    'float',
    'seconds',
    'How long calls of providers took',
  )
  const models = new Set<string>()
  const nameOf = (model: unknown): string => {
    if (typeof model !== 'string' || model === '') return 'none'
    if (models.size < mostModels) models.add(model)
    return models.has(model) ? model : 'other'
  }
  return (provider, operation, method, port) =>
    (...given: unknown[]) => {
      const span = tracing?.begin(`${provider}.${operation}`)
      const began = performance.now()
      const over = (outcome: string, spent: Spent) => {
        const model = nameOf(spent.model)
        calls.add(1, { provider, operation, model, outcome })
        seconds.record((performance.now() - began) / 1_000, { provider, operation, model })
        const count = { in: Number(spent.tokensIn ?? 0), out: Number(spent.tokensOut ?? 0) }
        for (const [direction, number] of Object.entries(count))
          if (number > 0) tokens.add(number, { model, direction })
        span?.end({
          failed: outcome !== 'ok',
          fields: { provider, model, outcome, tokensIn: count.in, tokensOut: count.out },
        })
      }
      const act = () => method.apply(port, given) as unknown
      let result: unknown
      try {
        result = span ? span.inside(act) : act()
      } catch (error) {
        over(outcomeOf(error), {})
        throw error
      }
      if (!(result instanceof Promise)) {
        over('ok', {})
        return result
      }
      return result.then(
        (value) => {
          over('ok', typeof value === 'object' && value !== null ? (value as Spent) : {})
          return value as unknown
        },
        (error: unknown) => {
          over(outcomeOf(error), {})
          throw error
        },
      )
    }
}

const outcomeOf = (error: unknown): string =>
  kindOf(error)?.code ?? (isAbort(error) ? 'cancelled' : 'Unforeseen')

const isAbort = (error: unknown): boolean =>
  error instanceof Error && /Abort|Cancelled/.test(`${error.name} ${error.constructor.name}`)
