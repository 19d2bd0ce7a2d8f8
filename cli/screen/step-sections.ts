import type { LoggedStep } from '../../client/http.ts'
import { duration, money, tokens } from './figures.ts'
import { plain } from './plain.ts'
import { paint } from './spans.ts'

/** All there is of one step, in sections: what it got, each call with the words that were sent, what it gave. */
export const stepSections = (step: LoggedStep): string[] => [
  `${paint('bold', plain(step.title || step.stepId))}  ${step.type}  ${step.status}  ${paint('dim', step.path)}`,
  `${step.startedAt} – ${step.finishedAt ?? 'now'}, ${step.attempts} ${step.attempts === 1 ? 'attempt' : 'attempts'}`,
  ...(step.error ? [paint('red', `✘ ${step.error.code}: ${plain(step.error.message)}`)] : []),
  ...(step.logs.length > 0 ? section('Remarks', step.logs.join('\n')) : []),
  ...(step.childInstanceUuid ? section('Its run', step.childInstanceUuid) : []),
  ...section('Input', step.input),
  ...step.modelCalls.flatMap((call, index) => [
    ...heading(
      [
        `Model call ${index + 1}: ${call.model ?? 'unknown'}`,
        tokens(call.tokens),
        ...(call.cost === null ? [] : [money(call.cost, call.currency ?? '')]),
        ...(call.durationMs === null ? [] : [duration(call.durationMs)]),
      ].join(', '),
    ),
    ...promptLines(call.prompt),
    ...section('  answer', wordsOf(call.response)),
  ]),
  ...step.toolCalls.flatMap((call, index) => [
    ...heading(`Tool call ${index + 1}${call.durationMs === null ? '' : `, ${duration(call.durationMs)}`}`),
    ...section('  sent', call.request),
    ...section('  answer', call.response),
  ]),
  ...section('Output', step.output),
]

const heading = (text: string): string[] => ['', paint('bold', plain(text))]

function section(title: string, value: unknown): string[] {
  if (value === null || value === undefined) return []
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return [...heading(title), ...plain(text).split('\n')]
}

/** The messages of a prompt as they were sent, each under its role; what is no such prompt, as it is. */
function promptLines(prompt: unknown): string[] {
  const { system, user, history = [], ...more } = (prompt ?? {}) as Record<string, unknown>
  if (typeof system !== 'string' || typeof user !== 'string') return section('  sent', prompt)
  const later = history as { role: string; content: string; calls?: unknown }[]
  return [
    ...section('  system', system),
    ...section('  user', user),
    ...later.flatMap((turn) => section(`  ${turn.role}`, turn.calls ? turn : turn.content)),
    ...(Object.keys(more).length > 0 ? section('  with', more) : []),
  ]
}

/** A model's answer is its text, and the calls it asks for; who wrote it stands in the heading. */
function wordsOf(response: unknown): unknown {
  if (typeof response !== 'object' || response === null || !('text' in response)) return response
  return 'calls' in response ? { text: response.text, calls: response.calls } : response.text
}
