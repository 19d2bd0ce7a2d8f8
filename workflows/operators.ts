import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow'
import type { ProgressReply } from '../shared/contract/messages.ts'
import type { OpenRequest } from '../shared/contract/request.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { searchAttributes as attribute } from '../shared/temporal/names.ts'
import type { RunState } from './run-state.ts'

/** Makes a run findable in the Temporal UI: by workspace, app, definition, version and status. */
export function announce(ref: RunRef, channel = 'api'): void {
  upsertSearchAttributes([
    { key: attribute.workspace, value: ref.workspaceId },
    { key: attribute.app, value: ref.appId },
    { key: attribute.definition, value: ref.workflowId },
    { key: attribute.version, value: ref.version },
    { key: attribute.channel, value: channel },
    { key: attribute.status, value: 'running' },
  ])
}

/**
 * Says in the Temporal UI where a run stands and for whom it waits, and keeps its search attributes in step. Written
 * only when it changed: an upsert is an event in history. Ids and roles, never a word that a person wrote.
 */
export function createSign(): (state: RunState, open: Iterable<OpenRequest>) => void {
  let shown = 'running '
  return (state, open) => {
    const { currentStep, percent, status } = state.view
    const requests = [...open]
    const waiting = requests.map((request) => waitsFor(request, state))
    const lines = [
      `**${status}**, ${percent} %`,
      currentStep ? `Step \`${currentStep.stepId}\` at \`${currentStep.path}\`` : '',
      ...waiting.map((text) => `Waits for ${text}`),
    ]
    setCurrentDetails(lines.filter(Boolean).join('\n\n'))
    // Since the oldest request was opened: a run that asks one thing after the other has not waited since the first.
    const since = requests.map(({ openedAt }) => openedAt).sort()[0]
    if (shown === `${status} ${since ?? ''}`) return
    shown = `${status} ${since ?? ''}`
    upsertSearchAttributes([
      { key: attribute.status, value: status },
      { key: attribute.waitingSince, value: since === undefined ? null : new Date(since) },
    ])
  }
}

/** Says in the Temporal UI what a conversation does. Costs no event. */
export const describe = (what: string): void => setCurrentDetails(what)

/** `an approval by the role manager`: for operators and the progress query. */
const waitsFor = ({ kind, approvers, stepId }: OpenRequest, { ref }: RunState): string => {
  const what = { approval: 'an approval', answer: 'an answer', handoff: 'a person', budget: 'a decision' }[
    kind
  ]
  // A question is for who runs the workflow.
  const users = approvers?.users ?? (kind === 'answer' && ref.startedBy ? [ref.startedBy.userId] : [])
  const who = [
    ...users.map((user) => `user ${user}`),
    ...(approvers?.role ? [`role ${approvers.role}`] : []),
    ...(approvers?.team ? [`team ${approvers.team}`] : []),
  ]
  return `${what} at \`${stepId}\`${who.length > 0 ? ` by ${who.join(' or ')}` : ''}`
}

/** Reply of the query `progress`. */
export function progressOf(state: RunState | undefined, open: Iterable<OpenRequest>): ProgressReply {
  if (!state) return { percent: 0, status: 'running', stepId: null, stepTitle: null, waitingFor: null }
  const { percent, status, currentStep } = state.view
  const waiting = [...open].map((request) => waitsFor(request, state))
  return {
    percent,
    status,
    stepId: currentStep?.stepId ?? null,
    stepTitle: currentStep?.title ?? null,
    waitingFor: waiting.length > 0 ? waiting.join('; ') : null,
  }
}
