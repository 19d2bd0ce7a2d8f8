import type { Json } from '../shared/contract/json.ts'
import type { Draft } from '../shared/contract/steps/draft.ts'
import type { Surroundings } from '../storage/sql/find-surroundings.ts'
import { modelCalls } from './call-model.ts'
import type { Deps } from './deps.ts'
import { createLiveText } from './live-text.ts'
import { promptRenderer } from './render-call.ts'
import { attachmentsOf } from './show-attachments.ts'
import { stepActivity } from './step-activity.ts'
import { instructions } from './write-instructions.ts'

const formRules: Record<Draft['format'], string> = {
  markdown:
    'Write Markdown: headings, lists and tables where they help. No code fence around it, no remark about it.',
  text: 'Write plain text without any markup, and no remark about it.',
  json: 'Answer with JSON only.',
}

/** Runs a `draft` step: the prompt with its material, through the model, to a text or a value of the wanted shape. */
export const generateText = (deps: Deps) =>
  stepActivity<Draft, Json, Surroundings>(
    deps,
    async (job, { brand }) => {
      const { step, run, path } = job.call
      const words = await promptRenderer(deps, job.call)(step.prompt)
      const attached = await attachmentsOf(deps, run, step.prompt)
      const user = words + attached.text
      const request = {
        system: instructions(brand, 'draft', [formRules[step.format]]),
        user,
        model: step.model,
      }
      const calls = modelCalls(deps, job)
      const { logs } = attached.log
      const input = { prompt: words, ...attached.log.input }
      if (step.format === 'json') {
        const { value, label } = await calls.json(request, step.responseSchema)
        return { value, label, input, logs }
      }
      const live = createLiveText(deps.db, run, path, job.attempt)
      if (job.attempt > 1) await live.reset()
      try {
        const { text, label } = await calls.text(request, live)
        await live.flush()
        return { value: text.trim(), label, input, logs }
      } catch (error) {
        // A reader must not be left with half a text.
        await live.reset()
        throw error
      }
    },
    ({ around }) => around(),
  )
