import type { Navigate } from '../../shared/contract/steps/navigate.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { delivery } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runNavigate: Runner<Navigate> = async (step, run) => {
  if (run.state.definition.type !== 'chat_driven')
    throw fail(
      'WrongWorkflowType',
      'Only a chat-driven workflow can lead somebody to a page: this one is output-focused.',
    )
  await run.perform(delivery(step).resolveNavigation)
  return undefined
}
