import { isFileValue } from '../../shared/contract/file.ts'
import type { Message } from '../../shared/contract/steps/message.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { delivery } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runMessage: Runner<Message> = async (step, run) => {
  const named = [run.render(step.fileIds ?? [])].flat(2)
  const ids = named.filter((one) => typeof one === 'string')
  const looked =
    ids.length > 0
      ? await run.perform(delivery(step).readFiles, { last: false, extra: { fileIds: ids } })
      : { value: [] }
  if ('refused' in looked) throw fail('NotFound', looked.refused ?? '')
  const attachments = [...named, ...(looked.value ?? [])].filter(isFileValue)
  const suggestions = (step.quickReplies ?? []).map((reply) => run.renderText(reply))
  run.say('assistant', run.renderText(step.text), {
    attachments,
    ...(suggestions.length > 0 ? { suggestions } : {}),
  })
  return undefined
}
