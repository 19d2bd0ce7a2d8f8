import { noValues, type PropertyValues, readProperties, schemaOf } from '../shared/contract/properties.ts'
import type { Extract } from '../shared/contract/steps/extract.ts'
import { fail } from '../shared/temporal/failure.ts'
import type { Surroundings } from '../storage/sql/find-surroundings.ts'
import { modelCalls } from './call-model.ts'
import type { Deps } from './deps.ts'
import { promptRenderer } from './render-call.ts'
import { attachmentsOf } from './show-attachments.ts'
import { stepActivity } from './step-activity.ts'
import { instructions } from './write-instructions.ts'

const rules = [
  'Give every property. What the text does not say is null: never guess, never take it from elsewhere.',
  'Answer with JSON only.',
]

/** Runs an `extract` step: the values that a text states, by a model, each null where it states none. */
export const extractValues = (deps: Deps) =>
  stepActivity<Extract, PropertyValues, Surroundings>(
    deps,
    async (job, { brand, settings }) => {
      const { step, run } = job.call
      const words = await promptRenderer(deps, job.call)(step.from)
      const attached = await attachmentsOf(deps, run, step.from)
      const from = (words + attached.text).trim()
      const { logs } = attached.log
      const input = { from: words.trim(), ...attached.log.input }
      if (from === '')
        return { value: noValues(step.properties), input, logs: [...logs, 'The text is empty.'] }
      const at = { now: new Date().toISOString(), timeZone: settings.timeZone }
      const { value, label } = await modelCalls(deps, job).json(
        {
          system: instructions(brand, 'extract', [
            ...rules,
            `It is ${at.now} now; times are of the zone ${at.timeZone} where the text names no other.`,
          ]),
          user: `Read the values of the properties out of this text.\n\n<sources>\n${from}\n</sources>`,
        },
        schemaOf(step.properties),
        (answer) => {
          const read = readProperties(step.properties, answer, at)
          return read.ok ? undefined : read.reason
        },
      )
      const read = readProperties(step.properties, value, at)
      if (!read.ok)
        throw fail('ModelOutputInvalid', `The model did not answer in the required form: ${read.reason}`)
      return { value: read.values, label, input, logs }
    },
    ({ around }) => around(),
  )
